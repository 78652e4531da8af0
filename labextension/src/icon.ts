/** The panel's own icon: a cell that is on the air. */
import { LabIcon } from '@jupyterlab/ui-components';

export const deploymentsIcon = new LabIcon({
  name: 'aibro:deployments',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <path d="M3 9h6v2H5v8h8v-4h2v6H3z"/>
    <circle cx="11.5" cy="12.5" r="1.8"/>
    <path d="M11.5 6.5a6 6 0 0 1 6 6h-2a4 4 0 0 0-4-4z"/>
    <path d="M11.5 2.5a10 10 0 0 1 10 10h-2a8 8 0 0 0-8-8z"/>
  </g>
</svg>`
});
