"use strict";(self.rspackChunkaibro_jupyter=self.rspackChunkaibro_jupyter||[]).push([["style_index_js"],{"./node_modules/css-loader/dist/cjs.js!./style/base.css"(o,r,e){var a=e("./node_modules/css-loader/dist/runtime/noSourceMaps.js"),i=e.n(a),t=e("./node_modules/css-loader/dist/runtime/api.js"),n=(e.n(t))()(i());n.push([o.id,`/* Colours, fonts and borders are the theme's: nothing here knows light from dark. */
.aibro-Panel {
  display: flex;
  flex-direction: column;
  min-width: 240px;
  overflow: hidden;
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-ui-font-family);
  font-size: var(--jp-ui-font-size1);
  line-height: 1.5;
}

.aibro-Panel h2,
.aibro-Panel h3,
.aibro-Panel p,
.aibro-Panel ul,
.aibro-Panel dl,
.aibro-Panel dd,
.aibro-Panel pre {
  margin: 0;
  padding: 0;
}

.aibro-Panel-header {
  display: flex;
  flex: none;
  align-items: center;
  gap: 2px;
  padding: 4px 8px 4px 12px;
  border-bottom: var(--jp-border-width) solid var(--jp-border-color2);
}

.aibro-Panel-header h2 {
  flex: 1;
}

.aibro-Panel-header h2,
.aibro-Ended h3 {
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
  font-weight: 600;
  letter-spacing: 0.06em;
  text-transform: uppercase;
}

.aibro-Panel-body {
  flex: 1;
  overflow: hidden auto;
  padding: 8px;
}

.aibro-Panel-footer {
  display: flex;
  flex: none;
  flex-wrap: wrap;
  justify-content: space-between;
  gap: 0 8px;
  padding: 4px 12px;
  border-top: var(--jp-border-width) solid var(--jp-border-color2);
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
}

.aibro-muted {
  color: var(--jp-ui-font-color2);
}

.aibro-mod-stale {
  opacity: 0.6;
}

/* --- a job --- */

.aibro-Card {
  display: flex;
  flex-direction: column;
  gap: 8px;
  margin-bottom: 8px;
  padding: 10px 12px;
  border: var(--jp-border-width) solid var(--jp-border-color2);
  border-radius: calc(2 * var(--jp-border-radius));
  background: var(--jp-layout-color0);
}

.aibro-Card > p {
  overflow-wrap: anywhere;
  font-size: var(--jp-ui-font-size0);
}

.aibro-Card > header {
  display: flex;
  flex-wrap: wrap;
  align-items: baseline;
  justify-content: space-between;
  gap: 0 8px;
}

.aibro-Card h3 {
  overflow-wrap: anywhere;
  font-size: var(--jp-ui-font-size2);
  font-weight: 600;
  line-height: 1.3;
}

.aibro-Card h3 small {
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
  font-weight: 400;
}

.aibro-Badge {
  font-size: var(--jp-ui-font-size0);
  letter-spacing: 0.02em;
}

.aibro-Badge > :first-child {
  font-weight: 600;
}

.aibro-Badge::before {
  content: '';
  display: inline-block;
  width: 8px;
  height: 8px;
  margin-right: 6px;
  border-radius: 50%;
  background: var(--jp-ui-font-color3);
}

.aibro-Badge[data-status='QUEUING']::before {
  background: var(--jp-warn-color1);
}

.aibro-Badge[data-status='DEPLOYED']::before {
  background: var(--jp-success-color1);
}

.aibro-Badge[data-status='CANCELED']::before {
  background: var(--jp-error-color1);
}

.aibro-Url,
.aibro-Command {
  display: flex;
  align-items: center;
  gap: 4px;
  padding: 2px 2px 2px 8px;
  border-radius: var(--jp-border-radius);
  background: var(--jp-layout-color2);
}

.aibro-Url code,
.aibro-Command pre {
  flex: 1;
  min-width: 0;
  background: none;
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-ui-font-size0);
  overflow-wrap: anywhere;
}

.aibro-Command pre {
  padding: 4px 0;
  white-space: pre-wrap;
}

.aibro-Warnings {
  font-size: var(--jp-ui-font-size0);
  list-style: none;
  overflow-wrap: anywhere;
}

.aibro-Warnings li {
  padding-left: 8px;
  border-left: 2px solid var(--jp-warn-color1);
  white-space: pre-line;
}

.aibro-Machines {
  display: flex;
  flex-direction: column;
  gap: 6px;
}

.aibro-Machine {
  display: grid;
  grid-template-columns: 5.6em 1fr;
  font-size: var(--jp-ui-font-size0);
}

.aibro-Machine dt {
  color: var(--jp-ui-font-color2);
}

.aibro-Machine dt > * {
  display: block;
}

.aibro-Machine small {
  font-size: 0.8em;
  line-height: 1.9;
}

.aibro-Machine dd {
  overflow-wrap: anywhere;
}

.aibro-phrase {
  display: inline-block;
}

.aibro-Bar {
  height: 3px;
  margin: 4px 0 2px;
  border-radius: 2px;
  background: var(--jp-layout-color3);
}

.aibro-Bar > div {
  height: 100%;
  border-radius: inherit;
  background: var(--jp-brand-color1);
}

.aibro-Card > .aibro-Money {
  padding-top: 8px;
  border-top: var(--jp-border-width) solid var(--jp-border-color3);
  font-size: var(--jp-ui-font-size0);
  font-variant-numeric: tabular-nums;
}

/* --- ended jobs --- */

.aibro-Ended {
  padding: 8px 4px;
}

.aibro-Ended li {
  display: grid;
  grid-template-columns: 1fr auto;
  gap: 0 10px;
  padding-top: 6px;
  font-size: var(--jp-ui-font-size0);
  list-style: none;
}

/* The theme's small size is relative: it must not apply twice. */
.aibro-Ended .aibro-Badge {
  font-size: inherit;
}

.aibro-Ended li > :first-child {
  overflow-wrap: anywhere;
}

.aibro-Ended li > p {
  display: -webkit-box;
  grid-column: 1 / -1;
  overflow: hidden;
  overflow-wrap: anywhere;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 3;
}

/* --- messages --- */

.aibro-Message {
  display: flex;
  flex-direction: column;
  gap: 8px;
  margin-bottom: 8px;
  padding: 12px;
}

.aibro-Message h3 {
  font-size: var(--jp-ui-font-size1);
  font-weight: 600;
}

.aibro-Message p,
.aibro-Note {
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
  white-space: pre-line;
}

.aibro-Note {
  padding: 0 4px 8px;
}

.aibro-mod-trouble {
  border-left: 3px solid var(--jp-warn-color1);
  background: var(--jp-layout-color0);
}

/* --- buttons --- */

.aibro-Button,
.aibro-iconButton {
  border: var(--jp-border-width) solid transparent;
  border-radius: var(--jp-border-radius);
  background: none;
  color: var(--jp-ui-font-color1);
  cursor: pointer;
  font-family: inherit;
  font-size: var(--jp-ui-font-size0);
}

.aibro-Button {
  flex: none;
  padding: 2px 7px;
  border-color: var(--jp-border-color1);
}

.aibro-iconButton {
  display: flex;
  flex: none;
  padding: 4px;
}

.aibro-iconButton span {
  display: flex;
}

.aibro-Button:hover:enabled,
.aibro-iconButton:hover:enabled {
  background: var(--jp-layout-color3);
}

.aibro-Button:disabled {
  color: var(--jp-ui-font-color3);
  cursor: default;
}

.aibro-Button:focus-visible,
.aibro-iconButton:focus-visible {
  outline: 2px solid var(--jp-brand-color1);
  outline-offset: 1px;
}

/* --- a card's parts --- */

.aibro-Machine-line {
  display: flex;
  align-items: baseline;
  justify-content: space-between;
  gap: 8px;
}

.aibro-Machine-age {
  flex: none;
  color: var(--jp-ui-font-color2);
  font-variant-numeric: tabular-nums;
}

.aibro-Traffic {
  display: flex;
  align-items: center;
  gap: 8px;
  font-size: var(--jp-ui-font-size0);
  font-variant-numeric: tabular-nums;
}

.aibro-Sparkline {
  flex: none;
  width: 72px;
  height: 22px;
  fill: var(--jp-brand-color1);
}

.aibro-Sparkline [data-zero] {
  fill: var(--jp-border-color1);
}

.aibro-Budget {
  display: flex;
  align-items: center;
  gap: 8px;
}

.aibro-Budget .aibro-Bar {
  flex: 1;
  height: 6px;
}

.aibro-Bar[data-state='near'] > div {
  background: var(--jp-warn-color1);
}

.aibro-Bar[data-state='degraded'] > div,
.aibro-Bar[data-state='stopped'] > div {
  background: var(--jp-error-color1);
}

.aibro-Budget-warning {
  padding-left: 8px;
  border-left: 2px solid var(--jp-warn-color1);
}

.aibro-Actions {
  display: flex;
  flex-wrap: wrap;
  gap: 3px;
}

.aibro-Actions .aibro-mod-menu {
  display: flex;
  align-items: center;
  padding-right: 2px;
}

.aibro-mod-menu span {
  display: flex;
}

.aibro-mod-end {
  margin-left: auto;
}

.aibro-Button[aria-expanded='true'],
.aibro-Button[aria-pressed='true'] {
  border-color: var(--jp-brand-color1);
  background: var(--jp-layout-color2);
}

.aibro-Button.aibro-mod-primary {
  border-color: transparent;
  background: var(--jp-brand-color1);
  color: var(--jp-ui-inverse-font-color1);
}

.aibro-Button.aibro-mod-primary:hover:enabled {
  background: var(--jp-brand-color0);
}

.aibro-Button.aibro-mod-primary:disabled {
  opacity: 0.5;
  color: var(--jp-ui-inverse-font-color1);
}

.aibro-Failure {
  grid-column: 1 / -1;
  padding: 4px 0 4px 8px;
  border-left: 2px solid var(--jp-error-color1);
  overflow-wrap: anywhere;
}

.aibro-Failure pre {
  max-height: 200px;
  padding: 4px;
  overflow: auto;
  font-family: var(--jp-code-font-family);
  white-space: pre-wrap;
}

.aibro-Failure summary {
  color: var(--jp-ui-font-color2);
  cursor: pointer;
}

/* --- what opens below a card --- */

.aibro-Section,
.aibro-Form {
  display: flex;
  flex-direction: column;
  align-items: stretch;
  gap: 6px;
  font-size: var(--jp-ui-font-size0);
}

.aibro-Section > .aibro-Button {
  align-self: flex-start;
}

.aibro-Section pre,
.aibro-Form pre {
  max-height: 240px;
  overflow: auto;
  padding: 6px 8px;
  border-radius: var(--jp-border-radius);
  background: var(--jp-layout-color2);
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-code-font-family);
  line-height: 1.4;
  overflow-wrap: anywhere;
  white-space: pre-wrap;
}

.aibro-Section pre.aibro-mod-error {
  border-left: 2px solid var(--jp-error-color1);
}

.aibro-Section label,
.aibro-Form label {
  display: flex;
  flex-direction: column;
  gap: 2px;
  color: var(--jp-ui-font-color2);
}

.aibro-Field {
  display: flex;
  flex-direction: column;
  gap: 2px;
  color: var(--jp-ui-font-color2);
}

.aibro-Form .aibro-Field label {
  display: inline;
  color: var(--jp-ui-font-color1);
}

.aibro-Form {
  padding: 4px;
}

.aibro-Form h3 {
  font-size: var(--jp-ui-font-size2);
  font-weight: 600;
}

.aibro-Input {
  box-sizing: border-box;
  width: 100%;
  min-width: 0;
  padding: 3px 6px;
  border: var(--jp-border-width) solid var(--jp-border-color1);
  border-radius: var(--jp-border-radius);
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-ui-font-size0);
}

textarea.aibro-Input {
  resize: vertical;
  line-height: 1.4;
}

.aibro-Input:focus-visible,
.aibro-Section [tabindex]:focus-visible {
  outline: 2px solid var(--jp-brand-color1);
  outline-offset: -1px;
}

.aibro-Input::placeholder {
  color: var(--jp-ui-font-color3);
}

.aibro-Inline,
.aibro-Choice,
.aibro-Clients li {
  display: flex;
  align-items: center;
  gap: 4px;
}

.aibro-Clients {
  list-style: none;
}

.aibro-Clients code {
  flex: 1;
  min-width: 0;
  background: none;
  color: inherit;
  overflow-wrap: anywhere;
}

.aibro-Estimate {
  display: flex;
  flex-direction: column;
  padding: 6px 8px;
  border-left: 3px solid var(--jp-brand-color1);
  background: var(--jp-layout-color0);
}

.aibro-Panel-sum {
  flex-basis: 100%;
  color: var(--jp-ui-font-color1);
  font-variant-numeric: tabular-nums;
}

.aibro-Panel-footer .aibro-Budget {
  flex-basis: 100%;
}

/* --- the timeline --- */

.aibro-Timeline {
  margin: 0;
}

.aibro-Timeline-rows {
  position: relative;
  height: 124px;
  margin-left: 58px;
}

.aibro-Timeline-rows > svg {
  display: block;
  width: 100%;
  height: 100%;
  overflow: visible;
}

.aibro-Timeline-rows > ul {
  position: absolute;
  top: 0;
  bottom: 0;
  left: -58px;
  list-style: none;
}

.aibro-Timeline-rows li {
  position: absolute;
  color: var(--jp-ui-font-color2);
  line-height: 1.35;
}

.aibro-Timeline-ground {
  fill: var(--jp-layout-color2);
}

.aibro-Timeline-band[data-kind='serving'] {
  fill: var(--jp-success-color1);
}

.aibro-Timeline-band[data-kind='waking'] {
  fill: var(--jp-warn-color1);
}

.aibro-Timeline-band[data-kind='asleep'] {
  fill: var(--jp-layout-color3);
}

.aibro-Timeline-band[data-kind='closing'] {
  fill: var(--jp-border-color1);
}

.aibro-Timeline-band[data-spot] {
  opacity: 0.7;
}

.aibro-Timeline-tick {
  fill: var(--jp-ui-font-color2);
}

.aibro-Timeline-money {
  fill: none;
  stroke: var(--jp-brand-color1);
  stroke-width: 2;
  vector-effect: non-scaling-stroke;
}

.aibro-Timeline-area {
  fill: var(--jp-brand-color1);
  opacity: 0.15;
}

.aibro-Timeline-sum {
  position: absolute;
  top: 62%;
  left: 4px;
  font-variant-numeric: tabular-nums;
}

.aibro-Timeline-axis {
  display: flex;
  justify-content: space-between;
  margin-left: 58px;
  color: var(--jp-ui-font-color2);
  font-variant-numeric: tabular-nums;
}

.aibro-Timeline figcaption {
  display: flex;
  flex-wrap: wrap;
  gap: 10px;
  margin-left: 58px;
  color: var(--jp-ui-font-color2);
}

.aibro-Timeline figcaption span::before {
  content: '';
  display: inline-block;
  width: 8px;
  height: 8px;
  margin-right: 4px;
  background: var(--jp-success-color1);
}

.aibro-Timeline figcaption span[data-kind='waking']::before {
  background: var(--jp-warn-color1);
}

.aibro-Timeline figcaption span[data-kind='asleep']::before {
  background: var(--jp-layout-color3);
}

/* The theme's small size is relative: it must not apply twice. */
.aibro-Section .aibro-Button,
.aibro-Section .aibro-Input,
.aibro-Section pre,
.aibro-Form .aibro-Button,
.aibro-Form .aibro-Input,
.aibro-Form pre,
.aibro-Budget {
  font-size: inherit;
}

.aibro-Form pre .aibro-phrase {
  white-space: pre-wrap;
}
`,""]),e.d(r,{},{A:n})},"./node_modules/css-loader/dist/runtime/api.js"(o){o.exports=function(o){var r=[];return r.toString=function(){return this.map(function(r){var e="",a=void 0!==r[5];return r[4]&&(e+="@supports (".concat(r[4],") {")),r[2]&&(e+="@media ".concat(r[2]," {")),a&&(e+="@layer".concat(r[5].length>0?" ".concat(r[5]):""," {")),e+=o(r),a&&(e+="}"),r[2]&&(e+="}"),r[4]&&(e+="}"),e}).join("")},r.i=function(o,e,a,i,t){"string"==typeof o&&(o=[[null,o,void 0]]);var n={};if(a)for(var l=0;l<this.length;l++){var s=this[l][0];null!=s&&(n[s]=!0)}for(var d=0;d<o.length;d++){var p=[].concat(o[d]);a&&n[p[0]]||(void 0!==t&&(void 0===p[5]||(p[1]="@layer".concat(p[5].length>0?" ".concat(p[5]):""," {").concat(p[1],"}")),p[5]=t),e&&(p[2]&&(p[1]="@media ".concat(p[2]," {").concat(p[1],"}")),p[2]=e),i&&(p[4]?(p[1]="@supports (".concat(p[4],") {").concat(p[1],"}"),p[4]=i):p[4]="".concat(i)),r.push(p))}},r}},"./node_modules/css-loader/dist/runtime/noSourceMaps.js"(o){o.exports=function(o){return o[1]}},"./node_modules/style-loader/dist/runtime/injectStylesIntoStyleTag.js"(o){var r=[];function e(o){for(var e=-1,a=0;a<r.length;a++)if(r[a].identifier===o){e=a;break}return e}function a(o,a){for(var i={},t=[],n=0;n<o.length;n++){var l=o[n],s=a.base?l[0]+a.base:l[0],d=i[s]||0,p="".concat(s," ").concat(d);i[s]=d+1;var c=e(p),u={css:l[1],media:l[2],sourceMap:l[3],supports:l[4],layer:l[5]};if(-1!==c)r[c].references++,r[c].updater(u);else{var b=function(o,r){var e=r.domAPI(r);return e.update(o),function(r){r?(r.css!==o.css||r.media!==o.media||r.sourceMap!==o.sourceMap||r.supports!==o.supports||r.layer!==o.layer)&&e.update(o=r):e.remove()}}(u,a);a.byIndex=n,r.splice(n,0,{identifier:p,updater:b,references:1})}t.push(p)}return t}o.exports=function(o,i){var t=a(o=o||[],i=i||{});return function(o){o=o||[];for(var n=0;n<t.length;n++){var l=e(t[n]);r[l].references--}for(var s=a(o,i),d=0;d<t.length;d++){var p=e(t[d]);0===r[p].references&&(r[p].updater(),r.splice(p,1))}t=s}}},"./node_modules/style-loader/dist/runtime/insertBySelector.js"(o){var r={};o.exports=function(o,e){var a=function(o){if(void 0===r[o]){var e=document.querySelector(o);if(window.HTMLIFrameElement&&e instanceof window.HTMLIFrameElement)try{e=e.contentDocument.head}catch(o){e=null}r[o]=e}return r[o]}(o);if(!a)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");a.appendChild(e)}},"./node_modules/style-loader/dist/runtime/insertStyleElement.js"(o){o.exports=function(o){var r=document.createElement("style");return o.setAttributes(r,o.attributes),o.insert(r,o.options),r}},"./node_modules/style-loader/dist/runtime/setAttributesWithoutAttributes.js"(o,r,e){o.exports=function(o){var r=e.nc;r&&o.setAttribute("nonce",r)}},"./node_modules/style-loader/dist/runtime/styleDomAPI.js"(o){o.exports=function(o){if("u"<typeof document)return{update:function(){},remove:function(){}};var r=o.insertStyleElement(o);return{update:function(e){var a,i,t;a="",e.supports&&(a+="@supports (".concat(e.supports,") {")),e.media&&(a+="@media ".concat(e.media," {")),(i=void 0!==e.layer)&&(a+="@layer".concat(e.layer.length>0?" ".concat(e.layer):""," {")),a+=e.css,i&&(a+="}"),e.media&&(a+="}"),e.supports&&(a+="}"),(t=e.sourceMap)&&"u">typeof btoa&&(a+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(t))))," */")),o.styleTagTransform(a,r,o.options)},remove:function(){var o;null===(o=r).parentNode||o.parentNode.removeChild(o)}}}},"./node_modules/style-loader/dist/runtime/styleTagTransform.js"(o){o.exports=function(o,r){if(r.styleSheet)r.styleSheet.cssText=o;else{for(;r.firstChild;)r.removeChild(r.firstChild);r.appendChild(document.createTextNode(o))}}},"./style/index.js"(o,r,e){var a=e("./node_modules/style-loader/dist/runtime/injectStylesIntoStyleTag.js"),i=e.n(a),t=e("./node_modules/style-loader/dist/runtime/styleDomAPI.js"),n=e.n(t),l=e("./node_modules/style-loader/dist/runtime/insertBySelector.js"),s=e.n(l),d=e("./node_modules/style-loader/dist/runtime/setAttributesWithoutAttributes.js"),p=e.n(d),c=e("./node_modules/style-loader/dist/runtime/insertStyleElement.js"),u=e.n(c),b=e("./node_modules/style-loader/dist/runtime/styleTagTransform.js"),f=e.n(b),m=e("./node_modules/css-loader/dist/cjs.js!./style/base.css"),v={};v.styleTagTransform=f(),v.setAttributes=p(),v.insert=s().bind(null,"head"),v.domAPI=n(),v.insertStyleElement=u(),i()(m.A,v),m.A&&m.A.locals&&m.A.locals}}]);