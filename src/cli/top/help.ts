/** What the keys do. */
export const HELP: readonly string[] = [
  '',
  ' ↑ ↓ j k, PgUp PgDn, Home End, g G   move',
  ' Enter →                             into a line: container, its sockets, their methods, last calls',
  ' Esc ← Backspace                     back; Esc takes a filter away first',
  ' 1 2 3, Tab                          all containers, sockets, methods',
  ' s > <                               order by the next figure, or the one before',
  ' r                                   reverse the order',
  ' /                                   only lines with a text in their names',
  ' Space                               pause, and go on',
  ' q Ctrl-C                            quit; Ctrl-Z suspends',
  '',
  ' Rates and durations are those between the last two looks, TREND is calls per second.',
  ' AVG is exact. P50, P95 and P99 are estimated from the buckets of a histogram: <5 ms says',
  ' that it is in the first of them, >10 s that it is above the last.',
  ' UNKN/S are calls of which it is unknown whether they failed.',
];
