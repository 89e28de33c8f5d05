/** The service worker seen from the page: whether a newer version of the page waits to take over. */
class Newer {
  waiting = $state.raw<ServiceWorker | null>(null);

  takeOver(): void {
    this.waiting?.postMessage("take over");
  }
}

export const newer = new Newer();

/** Starts the service worker where there can be one (https, or this machine). */
export function watchWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  const hadOne = navigator.serviceWorker.controller !== null;
  let reloading = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!hadOne || reloading) return;
    reloading = true;
    location.reload();
  });
  void navigator.serviceWorker
    .register("/sw.js")
    .then((registration) => {
      const notice = (): void => {
        if (registration.waiting && hadOne) newer.waiting = registration.waiting;
      };
      notice();
      registration.addEventListener("updatefound", () => {
        registration.installing?.addEventListener("statechange", notice);
      });
    })
    .catch(() => undefined);
}
