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

// What came on top of a sum by a moment: the rule is that of aibro_jupyter/protocol/money.py.
export function accrued(money, at) {
  return money.accruals.reduce(
    (sum, one) => sum + (one.micros_per_hour * Math.max(0, at - Math.max(one.from_at, money.as_of))) / 3600,
    0
  );
}

// Remembers what was shown: an instance's end is known later than it was, but a shown sum never falls.
export function rising() {
  const shown = new Map();
  return (key, micros) => {
    shown.set(key, Math.max(micros, shown.get(key) ?? 0));
    return shown.get(key);
  };
}

function sums(job, counted, risen) {
  const { money: of, at } = job;
  const now = at + counted;
  const more = job.ended ? 0 : accrued(of, now);
  const spent = risen(job.id, of.spent_micros + more);
  const today = risen(`${job.id} ${Math.floor(of.as_of / 86400)}`, of.today_micros + more);
  const text = `${money(spent)} so far · ${money(today)} today · ${hourly(of.micros_per_hour)} now`;
  const line = element('div', 'aibro-w-money', (of.simulated ? 'this computer: $0.00 · on AWS: ' : '') + text);
  const quiet = said => line.append(element('div', 'aibro-w-quiet', said));
  if (of.accruals.some(one => one.from_at > now)) quiet(job.minimum);
  if (of.comparable_from === null || now < of.comparable_from) quiet(job.too_early);
  else if (of.always_on_micros > of.spent_micros * 1.01) quiet(`always on it would be ${money(of.always_on_micros)}`);
  return line;
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

function card(job, counted, risen) {
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
  box.append(sums(job, counted, risen));
  return box;
}

function render({ model, el }) {
  el.classList.add('aibro-w');
  const risen = rising();
  let since = Date.now();
  const draw = () => {
    const { jobs, said } = model.get('seen');
    const counted = model.get('alive') ? (Date.now() - since) / 1000 : 0;
    const parts = jobs.map(job => card(job, job.ended ? 0 : counted, risen));
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
