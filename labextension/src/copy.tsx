/** Copying, and a button that says when it is done. */
import { Clipboard } from '@jupyterlab/apputils';
import { checkIcon, copyIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

/** How long the button says "copied", in milliseconds. */
const SAID_MS = 1500;

/** Use the browser's clipboard where the page may (https, localhost), else JupyterLab's way. */
export async function toClipboard(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    Clipboard.copyToSystem(text);
  }
}

/** `copy` resolves to whether anything is on the clipboard now. */
export function CopyButton(props: {
  label: string;
  done: string;
  copy: () => Promise<boolean>;
}): JSX.Element {
  const [copied, setCopied] = React.useState(false);
  React.useEffect(() => {
    if (!copied) {
      return undefined;
    }
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const label = copied ? props.done : props.label;
  const Icon = copied ? checkIcon : copyIcon;
  return (
    <button
      className="aibro-iconButton"
      title={label}
      aria-label={label}
      onClick={async () => setCopied(await props.copy())}
    >
      <Icon.react tag="span" />
    </button>
  );
}
