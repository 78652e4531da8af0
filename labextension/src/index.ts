/** The plugin: puts the panel beside the notebook, in JupyterLab and in Notebook 7. */
import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';
import { Api } from './api';
import { addCommands, CommandIDs } from './commands';
import { DeploymentsModel } from './model';
import { Notebooks } from './notebooks';
import { DeploymentsPanel } from './panel';
import { firstLine } from './words';

const PLUGIN_ID = 'aibro-jupyter:plugin';

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: 'Shows deployed models: state, URL and money, live.',
  autoStart: true,
  optional: [ILayoutRestorer, ICommandPalette, ISettingRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('aibro_jupyter');
    const model = new DeploymentsModel(
      new Api(app.serviceManager.serverSettings)
    );
    const notebooks = new Notebooks(app);
    const panel = new DeploymentsPanel(model, app.commands, notebooks, trans);
    addCommands(app.commands, model, trans, () =>
      app.shell.activateById(panel.id)
    );
    app.shell.add(panel, 'left', { rank: 850, type: 'Deployments' });
    restorer?.add(panel, panel.id);
    const category = trans.__('AIbro');
    palette?.addItem({ command: CommandIDs.show, category });
    palette?.addItem({ command: CommandIDs.deploy, category });
    palette?.addItem({ command: CommandIDs.refresh, category });
    tellFinished(model, trans, () => app.shell.activateById(panel.id));
    void followSettings(settings, model);
  }
};

/** A deployment takes a while, and a person looks elsewhere meanwhile: its end is told once. */
function tellFinished(
  model: DeploymentsModel,
  trans: TranslationBundle,
  show: () => void
): void {
  model.finished.connect((_, job) => {
    const actions = [{ label: trans.__('Show'), callback: show }];
    if (job.status === 'DEPLOYED') {
      Notification.success(trans.__('%1 is live', job.model_name), {
        actions,
        autoClose: 5000
      });
    } else if (job.status === 'CANCELED') {
      const said = trans.__(
        '%1 did not come up: %2',
        job.model_name,
        firstLine(job.reason)
      );
      Notification.error(said, { actions, autoClose: false });
    }
  });
}

async function followSettings(
  registry: ISettingRegistry | null,
  model: DeploymentsModel
): Promise<void> {
  const settings = await registry?.load(PLUGIN_ID);
  const apply = (): void => {
    model.intervalMs =
      1000 * (settings!.get('pollInterval').composite as number);
  };
  if (settings) {
    settings.changed.connect(apply);
    apply();
  }
}

export default plugin;
