// Loads the playground's own scripts, which also work without this site.
import { withBase } from 'vitepress';

let loading = null;
function script(src) {
  return new Promise((resolve, reject) => {
    const e = document.createElement('script');
    e.src = src;
    e.onload = resolve;
    e.onerror = () => reject(new Error(`${src} could not be loaded`));
    document.head.append(e);
  });
}
export function playground() {
  loading ??= (async () => {
    const style = document.createElement('link');
    style.rel = 'stylesheet';
    style.href = withBase('/play/playground.css');
    document.head.append(style);
    await script(withBase('/play/examples.js'));
    await script(withBase('/play/playground.js'));
    return window.MlsysimPlayground;
  })();
  return loading;
}
