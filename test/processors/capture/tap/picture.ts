import type { CapturedRecord } from './tapped.js';

/** Pieces as text: `kept`, `+skipped`, and `|` where something ends. */
export function picture(records: readonly CapturedRecord[]): string[] {
  return records.map(({ pieces }) =>
    pieces
      .map(({ kept, skipped, endsUnit }) => {
        return kept.toString('latin1') + (skipped > 0 ? `+${skipped}` : '') + (endsUnit ? '|' : '');
      })
      .join(''),
  );
}
