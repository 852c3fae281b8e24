// The editors on the page, and the one that the explorer, the history and the keys write to: the last used, else the newest.
import type { EditorHandle } from "./Editor.tsx";

export class Editors {
  /** Least recently used first. */
  private all: EditorHandle[] = [];

  get active(): EditorHandle | undefined {
    return this.all.at(-1);
  }

  activate(editor: EditorHandle): void {
    this.all = [...this.all.filter((other) => other !== editor), editor];
  }

  /** Returns how to leave. */
  join(editor: EditorHandle): () => void {
    this.activate(editor);
    return () => {
      this.all = this.all.filter((other) => other !== editor);
    };
  }
}
