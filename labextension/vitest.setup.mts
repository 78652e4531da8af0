// What Lumino and JupyterLab expect of a browser when they are imported, and jsdom does not have.
class Nothing {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
Object.assign(globalThis, {
  DragEvent: class extends MouseEvent {},
  ResizeObserver: Nothing,
  matchMedia: () => ({ matches: false, addEventListener: () => {}, removeEventListener: () => {} }),
  requestIdleCallback: (run: () => void) => setTimeout(run, 0),
  cancelIdleCallback: clearTimeout
});
