// The live panel of jobs in a notebook. Everything that comes in is put into the page as text, never as markup.
// Figures are those of aibro_jupyter/figures.py; money alone is formatted here, because it counts on.
const MICROS = 1e6;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function decimals(value, places) {
  const rounded = Math.floor(value * 10 ** places + 0.5) / 10 ** places;
  return rounded.toLocaleString('en-US', { minimumFractionDigits: places, maximumFractionDigits: places });
}

// Cents, but ten-thousandths below ten cents, where cents would hide them.
export function money(micros) {
  const amount = Math.abs(micros);
  const tenThousandths = Math.floor(amount / 100 + 0.5);
  const places = tenThousandths > 0 && tenThousandths < 1000 ? 4 : 2;
  return `${micros < 0 ? '-' : ''}$${decimals(amount / MICROS, places)}`;
}

// Two to four decimals, as many as say something.
export function hourly(micros) {
  return micros === null ? 'unknown' : `$${decimals(micros / MICROS, 4).replace(/0{1,2}$/, '')}/h`;
}

function sparkline(history) {
  const svgNS = 'http://www.w3.org/2000/svg';
  const most = Math.max(...history, 0);
  const svg = document.createElementNS(svgNS, 'svg');
  svg.setAttribute('viewBox', `0 0 ${4 * history.length} 24`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `requests a minute, at most ${most}`);
  history.forEach((count, index) => {
    const height = count === 0 ? 1 : Math.max(2, (22 * count) / most);
    const bar = document.createElementNS(svgNS, 'rect');
    bar.setAttribute('x', 4 * index);
    bar.setAttribute('y', 24 - height);
    bar.setAttribute('width', 3);
    bar.setAttribute('height', height);
    svg.append(bar);
  });
  return svg;
}

function card(job, counted) {
  const box = element('section', 'aibro-w-card');
  box.setAttribute('aria-label', job.name);
  const head = element('div', 'aibro-w-head');
  const status = element('span', 'aibro-w-status', job.status);
  status.dataset.status = job.status;
  head.append(element('b', '', `${job.name} v${job.version}`), status);
  if (job.substatus !== job.status) head.append(element('span', 'aibro-w-quiet', job.substatus));
  box.append(head, element('code', '', job.url));
  for (const text of job.warnings) box.append(element('div', 'aibro-w-warning', text));
  const lines = element('dl');
  for (const [role, text, done, total] of job.lines) {
    const value = element('dd', '', text);
    if (done < total) {
      const bar = element('progress');
      bar.max = total;
      bar.value = done;
      bar.setAttribute('aria-label', role);
      value.append(bar);
    }
    lines.append(element('dt', '', role), value);
  }
  box.append(lines);
  if (job.wake) box.append(element('div', 'aibro-w-quiet', job.wake));
  const traffic = element('div', 'aibro-w-traffic');
  if (Math.max(...job.history, 0) > 0) traffic.append(sparkline(job.history));
  traffic.append(element('span', '', job.traffic));
  box.append(traffic);
  const [spent, rate, always, today] = job.money;
  const more = (rate * counted) / 3600;
  const sums = `${money(spent + more)} so far · ${money(today + more)} today · ${hourly(rate)} now`;
  const line = element('div', 'aibro-w-money', (job.simulated ? 'this computer: $0.00 · on AWS: ' : '') + sums);
  if (always > spent * 1.01) line.append(element('div', 'aibro-w-quiet', `always on it would be ${money(always)}`));
  box.append(line);
  return box;
}

function render({ model, el }) {
  el.classList.add('aibro-w');
  let since = Date.now();
  const draw = () => {
    const { jobs, said } = model.get('seen');
    const counted = model.get('alive') ? (Date.now() - since) / 1000 : 0;
    const parts = jobs.map(job => card(job, job.ended ? 0 : counted));
    if (said) parts.push(element('div', 'aibro-w-quiet', said));
    el.replaceChildren(...parts);
  };
  const changed = () => {
    since = Date.now();
    draw();
  };
  model.on('change:seen', changed);
  model.on('change:alive', draw);
  draw();
  const timer = setInterval(() => document.hidden || draw(), 1000);
  return () => {
    clearInterval(timer);
    model.off('change:seen', changed);
    model.off('change:alive', draw);
  };
}

export default { render };
