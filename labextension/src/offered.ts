/** What the form can choose from: the functions of a notebook, and the machines of the catalogue. */
import * as React from 'react';
import type { DeploymentsModel } from './model';
import type { IOffer, Notebooks } from './notebooks';
import type { IMachineView } from './wire';

export function useOffer(
  notebooks: Notebooks,
  id: string
): { offer: IOffer | null; trouble: string; look: () => void } {
  const [offer, setOffer] = React.useState<IOffer | null>(null);
  const [trouble, setTrouble] = React.useState('');
  const look = (): void => {
    if (!id) {
      return;
    }
    notebooks
      .offer(id)
      .then(found => {
        setOffer(found);
        setTrouble('');
      })
      .catch(error => setTrouble((error as Error).message));
  };
  React.useEffect(look, [id]);
  return { offer, trouble, look };
}

export function useMachines(model: DeploymentsModel): IMachineView[] {
  const [machines, setMachines] = React.useState<IMachineView[]>([]);
  React.useEffect(() => {
    model.api
      .machines()
      .then(setMachines)
      // Without a backend there is no catalogue yet; ids can be typed all the same.
      .catch(() => setMachines([]));
  }, []);
  return machines;
}
