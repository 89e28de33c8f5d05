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

  install(): void {
    void this.#prompt?.prompt();
    this.#prompt = null;
    // keeps the day and the queue where the browser would otherwise clear them
    void navigator.storage?.persist();
  }
}

export const installer = new Installer();
