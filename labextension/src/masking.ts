/** How a client id is shown where it must not be read; the rule is that of aibro_jupyter/masking.py. */

/** A client id as it may be shown: the label of a minted one, else its first letters. */
export function masked(clientId: string): string {
  const dash = clientId.lastIndexOf('-');
  const secret = clientId.length - dash - 1;
  const isMinted = dash > 0 && secret >= Math.max(8, dash);
  const shown = isMinted ? dash + 1 : Math.min(2, clientId.length >> 1);
  return `${clientId.slice(0, shown)}••••`;
}
