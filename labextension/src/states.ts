/** What the reference's words mean: for tooltips. Written by tools/generate.py. */
import type { InstanceStatus, JobStatus, JobSubstatus } from './wire';

export const JOB_STATUS: Record<JobStatus, string> = {
  QUEUING: 'Waiting to be deployed',
  DEPLOYED: 'Inference API is ready to be used',
  CANCELED: 'Canceled due to some errors',
  COMPLETED: 'Job was completed'
};

export const JOB_SUBSTATUS: Record<JobSubstatus, string> = {
  'REQUESTING SERVER': 'Requesting an instance to deploy models',
  'CONNECTING SERVER': 'Connecting an initializing instance',
  'GEARING UP ENV': 'Gearing up tensorflow and mounting GPUs',
  'DEPLOYING MODEL': 'Deploying model',
  'DEPLOYED MODEL': 'Model was deployed',
  CANCELED: 'Canceled due to some errors',
  COMPLETED: 'Completed the job'
};

export const INSTANCE_STATUS: Record<InstanceStatus, string> = {
  LAUNCHING: 'Setting up instance for inference',
  EXECUTING: 'Having jobs in ready to receive inference requests',
  COOLING: 'Within cooling Period (must be a cooling instance)',
  CLOSING: 'Stopping/terminating instance',
  CLOSED: 'instance has been stopped/terminated',
  '': ''
};
