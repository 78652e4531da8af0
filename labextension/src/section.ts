/** What every section that opens below a card is given. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { DeploymentsModel } from './model';
import type { IJobView } from './wire';

export interface ISectionProps {
  job: IJobView;
  model: DeploymentsModel;
  commands: CommandRegistry;
  trans: TranslationBundle;
}
