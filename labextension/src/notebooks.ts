/** The running notebooks: what functions their kernels hold, and a new cell in one of them.
 *
 * Written against the few members that are used, and against JupyterLab's own commands: the notebook package with all
 * that it brings (an editor, diagrams, a hundred megabytes to build) is not worth three of its properties.
 */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { Widget } from '@lumino/widgets';

export interface IFunction {
  name: string;
  signature: string;
}

/** What a kernel has to deploy. */
export interface IOffer {
  functions: IFunction[];
  /** Expressions that could be a sample: the first of a table, an array, a list. */
  samples: string[];
  /** Whether `%aibro` is known there already. */
  loaded: boolean;
}

interface ICell {
  model: { sharedModel: { setSource(source: string): void } };
}

/** The part of a notebook's widget that is used here. */
interface INotebook extends Widget {
  context: { path: string };
  sessionContext: {
    session: { kernel: Kernel.IKernelConnection | null } | null;
  };
  content: {
    widgets: ArrayLike<ICell>;
    activeCell: ICell | null;
    activeCellIndex: number;
  };
}

export interface IOpenNotebook {
  id: string;
  path: string;
}

const OFFER =
  "__import__('aibro_jupyter.jupyter.offer', fromlist=['offer']).offer(globals())";
const PATIENCE_MS = 10_000;

export class Notebooks {
  constructor(private readonly _app: JupyterFrontEnd) {}

  /** The notebooks with a kernel, the one in front first. */
  open(): IOpenNotebook[] {
    const front = this._app.shell.currentWidget;
    return this._all()
      .sort((a, b) => Number(b === front) - Number(a === front))
      .map(one => ({ id: one.id, path: one.context.path }));
  }

  /** Ask a kernel silently what it has; it says so when it is free. */
  async offer(id: string): Promise<IOffer> {
    const kernel = this._kernel(id);
    const future = kernel.requestExecute({
      code: '',
      silent: true,
      store_history: false,
      allow_stdin: false,
      user_expressions: { offer: OFFER }
    });
    const reply = (await within(
      future.done,
      PATIENCE_MS,
      'the kernel is busy; it answers when its cell is done'
    )) as KernelMessage.IExecuteReplyMsg;
    return read(reply);
  }

  /** Put a cell at the end of a notebook and run it, as a person would. */
  async run(id: string, source: string): Promise<void> {
    const notebook = this._all().find(one => one.id === id);
    if (!notebook) {
      throw new Error('that notebook was closed');
    }
    const { commands, shell } = this._app;
    shell.activateById(id);
    notebook.content.activeCellIndex = notebook.content.widgets.length - 1;
    await commands.execute('notebook:insert-cell-below');
    notebook.content.activeCell?.model.sharedModel.setSource(source);
    // Not awaited: it ends when the deployment does.
    void commands.execute('notebook:run-cell');
  }

  private _kernel(id: string): Kernel.IKernelConnection {
    const found = this._all().find(one => one.id === id);
    const kernel = found?.sessionContext.session?.kernel;
    if (!kernel) {
      throw new Error('that notebook has no kernel');
    }
    return kernel;
  }

  private _all(): INotebook[] {
    return [...this._app.shell.widgets('main')].filter(isNotebook);
  }
}

function isNotebook(widget: Widget): widget is INotebook {
  const maybe = widget as unknown as Partial<INotebook>;
  return (
    maybe.context?.path.endsWith('.ipynb') === true &&
    Boolean(maybe.sessionContext?.session?.kernel) &&
    maybe.content?.activeCellIndex !== undefined
  );
}

function read(reply: KernelMessage.IExecuteReplyMsg): IOffer {
  const content = reply.content as {
    user_expressions?: Record<string, { status: string; data?: unknown }>;
  };
  const told = content.user_expressions?.offer;
  const data = told?.data as Record<string, unknown> | undefined;
  const offer = data?.['application/json'] as IOffer | undefined;
  if (told?.status !== 'ok' || !offer) {
    throw new Error(
      'this kernel does not have aibro_jupyter: install it in its environment'
    );
  }
  return offer;
}

async function within<T>(
  promise: Promise<T>,
  ms: number,
  otherwise: string
): Promise<T> {
  let timer = 0;
  const late = new Promise<never>((_, reject) => {
    timer = window.setTimeout(() => reject(new Error(otherwise)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
