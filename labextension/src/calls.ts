/** How to call a job, from what its version tells about itself. */
import type { IJobView } from './wire';

interface IAbout {
  function?: string;
  doc?: string;
  sample?: string;
  content_type?: string;
  parameters?: { name: string; default?: string }[];
}

export interface ISample {
  body: string;
  contentType: string;
  /** "predict(X)", or empty where nothing is known. */
  told: string;
}

/** The live version's own account of itself; what is no JSON tells nothing. */
export function aboutOf(job: IJobView): IAbout {
  const live = job.versions.find(version => version.state === 'live');
  try {
    const found = JSON.parse((live ?? job.versions[0])?.spec.about || '{}');
    return found !== null && typeof found === 'object' ? found : {};
  } catch {
    return {};
  }
}

/** Something that the API takes, laid out to be read and changed. */
export function sampleOf(job: IJobView): ISample {
  const about = aboutOf(job);
  const contentType = about.content_type ?? 'application/json';
  return {
    body: about.sample ? laidOut(about.sample) : '',
    contentType,
    told: about.function ? `${about.function}(${names(about)})` : ''
  };
}

export function curl(job: IJobView, url: string): string {
  const { sample, content_type } = aboutOf(job);
  const type = content_type ?? 'application/json';
  const body = (sample ?? '{"your": "data"}').trim().replace(/'/g, "'\\''");
  return `curl '${url}' -H 'Content-Type: ${type}' -d '${body}'`;
}

export function python(job: IJobView, url: string): string {
  const name = identifier(aboutOf(job).function ?? job.model_name);
  const given = names(aboutOf(job)) || '…';
  return `import aibro_jupyter\n\n${name} = aibro_jupyter.use("${url}")\n${name}(${given})`;
}

function names(about: IAbout): string {
  return (about.parameters ?? []).map(one => one.name).join(', ');
}

function identifier(name: string): string {
  const cleaned = name.replace(/\W/g, '_');
  return /^[A-Za-z_]/.test(cleaned) ? cleaned : `api_${cleaned}`;
}

/** JSON with a record a line: short enough to see, long enough to edit. */
function laidOut(sample: string): string {
  try {
    const value = JSON.parse(sample);
    if (Array.isArray(value) && value.length > 0) {
      const rows = value.slice(0, 5).map(row => JSON.stringify(row));
      return `[\n ${rows.join(',\n ')}\n]`;
    }
    return JSON.stringify(value, null, 1);
  } catch {
    return sample;
  }
}
