import type { ComponentChildren, JSX } from 'preact';

/** A part of the page with a heading. */
export function Card(properties: {
  readonly title: string;
  readonly id: string;
  readonly note?: ComponentChildren;
  readonly tools?: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { title, id, note, tools, children } = properties;
  return (
    <section class={`card ${properties.class ?? ''}`} aria-labelledby={id}>
      <header class="card-head">
        <div>
          <h2 id={id}>{title}</h2>
          {note !== undefined && <p class="note">{note}</p>}
        </div>
        {tools !== undefined && <div class="tools">{tools}</div>}
      </header>
      {children}
    </section>
  );
}

/** A choice of a few, all of which can be seen. */
export function Choice<T extends string>(properties: {
  readonly label: string;
  readonly options: readonly (readonly [value: T, label: string])[];
  readonly value: T;
  readonly choose: (value: T) => void;
}): JSX.Element {
  const { label, options, value, choose } = properties;
  return (
    <fieldset class="choice">
      <legend class="hidden">{label}</legend>
      {options.map(([option, text]) => (
        <label key={option} class={option === value ? 'chosen' : ''}>
          <input
            type="radio"
            name={label}
            value={option}
            checked={option === value}
            onChange={() => choose(option)}
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

/** What stands where there is nothing to show. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <EmptyIcon />
      <p class="empty-title">{title}</p>
      {children !== undefined && <div class="empty-text">{children}</div>}
    </div>
  );
}

/** What is as it should be. */
export function Well({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <p class="well">
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d="M3 8.500l3.500 3.500L13 4.500" />
      </svg>
      {children}
    </p>
  );
}

function EmptyIcon(): JSX.Element {
  return (
    <svg class="empty-icon" viewBox="0 0 48 24" aria-hidden="true">
      <path d="M2 12h12l5-8 8 16 5-11 3 3h11" />
    </svg>
  );
}

/** Grey bars in the place of what is on its way. */
export function Loading({ rows = 4 }: { readonly rows?: number }): JSX.Element {
  return (
    <div class="loading" role="status">
      <span class="hidden">Loading…</span>
      {Array.from({ length: rows }, (_, i) => (
        <span key={i} class="bar" aria-hidden="true" />
      ))}
    </div>
  );
}

export function Badge({
  kind,
  children,
}: {
  kind: 'ok' | 'warn' | 'bad' | 'plain';
  children: ComponentChildren;
}) {
  return <span class={`badge ${kind}`}>{children}</span>;
}
