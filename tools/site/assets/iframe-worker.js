// Material looks for this file by its name (its plugin "offline").
// A browser starts no worker from a file. So on a site that is opened without a server, the script of the
// search runs in a hidden frame. The frame looks to the script like a worker, and the worker's place is taken
// by this class (HTML standard, "Dedicated workers and the Worker interface").
(() => {
  if (location.protocol !== "file:") {
    return;
  }
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      const inside = this.frame.contentWindow;
      const load = (source) =>
        new Promise((loaded, failed) => {
          const script = inside.document.createElement("script");
          Object.assign(script, { src: source, onload: loaded, onerror: failed });
          inside.document.body.append(script);
        });
      inside.importScripts = async (...sources) => {
        for (const source of sources) {
          await load(source);
        }
      };
      inside.postMessage = (data) => {
        const event = new MessageEvent("message", { data });
        this.onmessage?.(event);
        this.dispatchEvent(event);
      };
      this.ready = load(address);
    }

    async postMessage(data) {
      await this.ready;
      this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data }));
    }

    terminate() {
      this.frame.remove();
    }
  };
})();
