interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

/** The browser's offer to put the page on the home screen, kept until the rep asks for it. */
class Installer {
  #prompt = $state.raw<InstallPrompt | null>(null);

  constructor() {
    addEventListener("beforeinstallprompt", (event) => {
      event.preventDefault();
      this.#prompt = event as InstallPrompt;
    });
  }

  get offered(): boolean {
    return this.#prompt !== null;
  }

  /** Whether it takes the rep's own hand: iPhones offer nothing to a page, and it is not installed yet. */
  get byHand(): boolean {
    return /iPhone|iPad/.test(navigator.userAgent) && !matchMedia("(display-mode: standalone)").matches;
  }

  install(): void {
    void this.#prompt?.prompt();
    this.#prompt = null;
    // keeps the day and the queue where the browser would otherwise clear them
    void navigator.storage?.persist();
  }
}

export const installer = new Installer();
