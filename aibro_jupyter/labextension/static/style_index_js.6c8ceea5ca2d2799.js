"use strict";(self.rspackChunkaibro_jupyter=self.rspackChunkaibro_jupyter||[]).push([["style_index_js"],{"./node_modules/css-loader/dist/cjs.js!./style/base.css"(e,o,r){var t=r("./node_modules/css-loader/dist/runtime/noSourceMaps.js"),a=r.n(t),i=r("./node_modules/css-loader/dist/runtime/api.js"),n=(r.n(i))()(a());n.push([e.id,`/* Colours, fonts and borders are the theme's: nothing here knows light from dark. */
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
  justify-content: space-between;
  padding: 4px 8px 4px 12px;
  border-bottom: var(--jp-border-width) solid var(--jp-border-color2);
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
  font-size: var(--jp-ui-font-size0);
}

.aibro-Card > header > div {
  display: flex;
  align-items: center;
  justify-content: space-between;
  gap: 8px;
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
  padding: 2px 8px;
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
`,""]),r.d(o,{},{A:n})},"./node_modules/css-loader/dist/runtime/api.js"(e){e.exports=function(e){var o=[];return o.toString=function(){return this.map(function(o){var r="",t=void 0!==o[5];return o[4]&&(r+="@supports (".concat(o[4],") {")),o[2]&&(r+="@media ".concat(o[2]," {")),t&&(r+="@layer".concat(o[5].length>0?" ".concat(o[5]):""," {")),r+=e(o),t&&(r+="}"),o[2]&&(r+="}"),o[4]&&(r+="}"),r}).join("")},o.i=function(e,r,t,a,i){"string"==typeof e&&(e=[[null,e,void 0]]);var n={};if(t)for(var s=0;s<this.length;s++){var d=this[s][0];null!=d&&(n[d]=!0)}for(var l=0;l<e.length;l++){var p=[].concat(e[l]);t&&n[p[0]]||(void 0!==i&&(void 0===p[5]||(p[1]="@layer".concat(p[5].length>0?" ".concat(p[5]):""," {").concat(p[1],"}")),p[5]=i),r&&(p[2]&&(p[1]="@media ".concat(p[2]," {").concat(p[1],"}")),p[2]=r),a&&(p[4]?(p[1]="@supports (".concat(p[4],") {").concat(p[1],"}"),p[4]=a):p[4]="".concat(a)),o.push(p))}},o}},"./node_modules/css-loader/dist/runtime/noSourceMaps.js"(e){e.exports=function(e){return e[1]}},"./node_modules/style-loader/dist/runtime/injectStylesIntoStyleTag.js"(e){var o=[];function r(e){for(var r=-1,t=0;t<o.length;t++)if(o[t].identifier===e){r=t;break}return r}function t(e,t){for(var a={},i=[],n=0;n<e.length;n++){var s=e[n],d=t.base?s[0]+t.base:s[0],l=a[d]||0,p="".concat(d," ").concat(l);a[d]=l+1;var c=r(p),u={css:s[1],media:s[2],sourceMap:s[3],supports:s[4],layer:s[5]};if(-1!==c)o[c].references++,o[c].updater(u);else{var f=function(e,o){var r=o.domAPI(o);return r.update(e),function(o){o?(o.css!==e.css||o.media!==e.media||o.sourceMap!==e.sourceMap||o.supports!==e.supports||o.layer!==e.layer)&&r.update(e=o):r.remove()}}(u,t);t.byIndex=n,o.splice(n,0,{identifier:p,updater:f,references:1})}i.push(p)}return i}e.exports=function(e,a){var i=t(e=e||[],a=a||{});return function(e){e=e||[];for(var n=0;n<i.length;n++){var s=r(i[n]);o[s].references--}for(var d=t(e,a),l=0;l<i.length;l++){var p=r(i[l]);0===o[p].references&&(o[p].updater(),o.splice(p,1))}i=d}}},"./node_modules/style-loader/dist/runtime/insertBySelector.js"(e){var o={};e.exports=function(e,r){var t=function(e){if(void 0===o[e]){var r=document.querySelector(e);if(window.HTMLIFrameElement&&r instanceof window.HTMLIFrameElement)try{r=r.contentDocument.head}catch(e){r=null}o[e]=r}return o[e]}(e);if(!t)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");t.appendChild(r)}},"./node_modules/style-loader/dist/runtime/insertStyleElement.js"(e){e.exports=function(e){var o=document.createElement("style");return e.setAttributes(o,e.attributes),e.insert(o,e.options),o}},"./node_modules/style-loader/dist/runtime/setAttributesWithoutAttributes.js"(e,o,r){e.exports=function(e){var o=r.nc;o&&e.setAttribute("nonce",o)}},"./node_modules/style-loader/dist/runtime/styleDomAPI.js"(e){e.exports=function(e){if("u"<typeof document)return{update:function(){},remove:function(){}};var o=e.insertStyleElement(e);return{update:function(r){var t,a,i;t="",r.supports&&(t+="@supports (".concat(r.supports,") {")),r.media&&(t+="@media ".concat(r.media," {")),(a=void 0!==r.layer)&&(t+="@layer".concat(r.layer.length>0?" ".concat(r.layer):""," {")),t+=r.css,a&&(t+="}"),r.media&&(t+="}"),r.supports&&(t+="}"),(i=r.sourceMap)&&"u">typeof btoa&&(t+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(i))))," */")),e.styleTagTransform(t,o,e.options)},remove:function(){var e;null===(e=o).parentNode||e.parentNode.removeChild(e)}}}},"./node_modules/style-loader/dist/runtime/styleTagTransform.js"(e){e.exports=function(e,o){if(o.styleSheet)o.styleSheet.cssText=e;else{for(;o.firstChild;)o.removeChild(o.firstChild);o.appendChild(document.createTextNode(e))}}},"./style/index.js"(e,o,r){var t=r("./node_modules/style-loader/dist/runtime/injectStylesIntoStyleTag.js"),a=r.n(t),i=r("./node_modules/style-loader/dist/runtime/styleDomAPI.js"),n=r.n(i),s=r("./node_modules/style-loader/dist/runtime/insertBySelector.js"),d=r.n(s),l=r("./node_modules/style-loader/dist/runtime/setAttributesWithoutAttributes.js"),p=r.n(l),c=r("./node_modules/style-loader/dist/runtime/insertStyleElement.js"),u=r.n(c),f=r("./node_modules/style-loader/dist/runtime/styleTagTransform.js"),b=r.n(f),m=r("./node_modules/css-loader/dist/cjs.js!./style/base.css"),v={};v.styleTagTransform=b(),v.setAttributes=p(),v.insert=d().bind(null,"head"),v.domAPI=n(),v.insertStyleElement=u(),a()(m.A,v),m.A&&m.A.locals&&m.A.locals}}]);