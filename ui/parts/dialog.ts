import { html } from "htm/preact";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface DialogProps {
  title: string;
  onClose: () => void;
  children?: ComponentChildren;
  /** `side`: a drawer at the edge. */
  shape?: "box" | "side";
}

/** A modal dialog: closes by Escape, by its button and by a click beside it; the focus goes back to where it was. */
export function Dialog({ title, onClose, children, shape = "box" }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const pressedBeside = useRef(false);
  const shown = useRef(true);
  useEffect(() => {
    const opener = document.activeElement;
    const element = dialog.current;
    element?.showModal();
    return () => {
      shown.current = false;
      element?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
    };
  }, []);
  const isBeside = (event: MouseEvent) => event.target === dialog.current;
  return html`<dialog
    ref=${dialog}
    class=${shape}
    aria-labelledby="dialog-title"
    onCancel=${(event: Event) => {
      if (event.target !== dialog.current) return;
      event.preventDefault();
      onClose();
    }}
    onClose=${(event: Event) => event.target === dialog.current && shown.current && onClose()}
    onPointerDown=${(event: MouseEvent) => {
      pressedBeside.current = isBeside(event);
    }}
    onClick=${(event: MouseEvent) => isBeside(event) && pressedBeside.current && onClose()}
  >
    <div class="dialog-body">
      <header><h2 id="dialog-title" tabindex="-1" autofocus>${title}</h2><button type="button" class="quiet icon" aria-label="Close" onClick=${onClose}>×</button></header>
      ${children}
    </div>
  </dialog>`;
}
