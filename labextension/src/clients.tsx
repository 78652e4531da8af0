/** Who may call, below a card: masked, to be copied, added to and removed. */
import * as React from 'react';
import { CommandIDs } from './commands';
import { masked } from './masking';
import type { ISectionProps } from './section';
import type { IClientsView } from './wire';
import { firstLine } from './words';

export function Clients(props: ISectionProps): JSX.Element {
  const { job, model, commands, trans } = props;
  const [known, setKnown] = React.useState<IClientsView | null>(null);
  const [trouble, setTrouble] = React.useState('');
  const [name, setName] = React.useState('');
  React.useEffect(() => {
    let gone = false;
    model.api
      .clients(job.job_id)
      .then(found => gone || setKnown(found))
      .catch(error => gone || setTrouble(firstLine(error.message)));
    return () => {
      gone = true;
    };
  }, [job.job_id, job.clients, job.public]);
  const act = (id: string, more: object): void =>
    void commands.execute(id, {
      jobId: job.job_id,
      modelName: job.model_name,
      ...more
    });
  const ids = known?.public ? [] : (known?.client_ids ?? []);
  return (
    <div className="aibro-Section">
      {trouble && <p role="alert">{trouble}</p>}
      {job.public && (
        <p>{trans.__('Public: whoever reaches the URL can call.')}</p>
      )}
      <ul className="aibro-Clients" aria-label={trans.__('Clients')}>
        {ids.map((id, index) => (
          <li key={index}>
            <code>{masked(id)}</code>
            <button
              className="aibro-Button"
              onClick={() => act(CommandIDs.copyUrl, { client: index })}
            >
              {trans.__('Copy URL')}
            </button>
            <button
              className="aibro-Button"
              aria-label={trans.__('Remove %1', masked(id))}
              onClick={() => act(CommandIDs.removeClient, { client: index })}
            >
              {trans.__('Remove')}
            </button>
          </li>
        ))}
      </ul>
      <form
        className="aibro-Inline"
        onSubmit={event => {
          event.preventDefault();
          act(CommandIDs.mintClient, { name });
          setName('');
        }}
      >
        <input
          className="aibro-Input"
          value={name}
          required
          maxLength={40}
          placeholder={trans.__('a name, e.g. alice')}
          aria-label={trans.__('Name of a new client')}
          onChange={event => setName(event.target.value)}
        />
        <button className="aibro-Button">{trans.__('Add')}</button>
      </form>
      <p className="aibro-muted">
        {trans.__('Adds an id that nobody can guess, beginning with the name.')}
      </p>
      {!job.public && (
        <button
          className="aibro-Button"
          onClick={() => act(CommandIDs.makePublic, {})}
        >
          {commands.label(CommandIDs.makePublic)}
        </button>
      )}
    </div>
  );
}
