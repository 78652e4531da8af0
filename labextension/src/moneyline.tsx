/** What a job costs: counted on by itself between two polls; not announced, for it changes every second. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { money, percent } from './figures';
import { Phrases } from './machines';
import type { DeploymentsModel } from './model';
import { spentNow, todayNow } from './money';
import type { IBudgetView, IJobView } from './wire';
import { budgetWarning, comparison, cost, minimum, used } from './words';

export function Money(props: {
  job: IJobView;
  model: DeploymentsModel;
  trans: TranslationBundle;
}): JSX.Element {
  const { job, model, trans } = props;
  useTick(job.money.micros_per_hour > 0);
  const { now, risen } = model;
  const { job_id: id } = job;
  const spent = risen.of(id, spentNow(job.money, now));
  const today = risen.today(id, job.money, todayNow(job.money, now));
  const least = minimum(job.money, now, trans);
  const other = comparison(job.money, now, trans);
  return (
    <div className="aibro-Money" aria-live="off">
      <p>
        <Phrases
          text={`${cost(job.money, spent, trans)} · ${trans.__('%1 today', money(today))}`}
        />
      </p>
      {job.budget && <BudgetBar budget={job.budget} trans={trans} />}
      {least && <p className="aibro-muted">{least}</p>}
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
