/** What a job costs: counted on by itself between two polls; not announced, for it changes every second. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { money, percent } from './figures';
import { Phrases } from './machines';
import type { DeploymentsModel } from './model';
import { todayNow } from './money';
import type { IBudgetView, IJobView, IStatusView } from './wire';
import { budgetWarning, comparison, cost, used } from './words';

export function Money(props: {
  job: IJobView;
  status: IStatusView;
  model: DeploymentsModel;
  trans: TranslationBundle;
}): JSX.Element {
  const { job, status, model, trans } = props;
  useTick(job.money.micros_per_hour > 0);
  const { as_of } = status;
  const today = money(todayNow(job.money, as_of, model.elapsedS));
  const other = comparison(job.money, trans);
  return (
    <div className="aibro-Money" aria-live="off">
      <p>
        <Phrases
          text={`${cost(job.money, as_of, model.elapsedS, trans)} · ${trans.__('%1 today', today)}`}
        />
      </p>
      {job.budget && <BudgetBar budget={job.budget} trans={trans} />}
      {other && <p className="aibro-muted">{other}</p>}
    </div>
  );
}

export function BudgetBar(props: {
  budget: IBudgetView;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { budget, trans } = props;
  const share = used(budget);
  if (share === null) {
    return null;
  }
  const part = Math.min(1, share.part);
  const warning = budgetWarning(budget, trans);
  return (
    <>
      <div className="aibro-Budget">
        <div
          className="aibro-Bar"
          data-state={budget.state}
          role="meter"
          aria-label={trans.__('Budget')}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(100 * part)}
        >
          <div style={{ width: `${100 * part}%` }} />
        </div>
        <span>
          {trans.__('%1 of %2', percent(part), money(share.of))}
          {budget.per_day_micros !== null && trans.__(' a day')}
        </span>
      </div>
      {warning && <p className="aibro-Budget-warning">{warning}</p>}
    </>
  );
}

/** Render once a second while money runs. */
export function useTick(runs: boolean): void {
  const [, tick] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    if (!runs) {
      return undefined;
    }
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [runs]);
}
