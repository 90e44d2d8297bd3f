import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { AgentStatus } from '../../../api/status-schema.js';
import { formatAge } from './model/format.js';
import { type Route, routeHash, VIEWS, type View } from './model/route.js';
import { useLost } from './parts/connection.js';
import { usePoll } from './parts/use-poll.js';
import { useRoute } from './parts/use-route.js';
import { THEMES, type Theme, useTheme } from './parts/use-theme.js';
import { ConfigurationView } from './views/configuration.js';
import { HealthView } from './views/health.js';
import { LiveView } from './views/live.js';
import { MapView } from './views/map.js';
import { MethodsCard } from './views/methods-card.js';
import { Overview } from './views/overview.js';

const TITLES: Readonly<Record<View, string>> = {
  overview: 'Overview',
  methods: 'Methods',
  map: 'Map',
  live: 'Live',
  health: 'Health',
  configuration: 'Configuration',
};

const ICONS: Readonly<Record<View, string>> = {
  overview: 'M3 11h5v7H3zM8 4h5v14H8zM13 8h5v10h-5z',
  methods: 'M3 5h15M3 10.500h15M3 16h9',
  map: 'M5 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM16 12.500a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM5 18a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM7 5l7 4.500M7 15.500l7-3.500',
  live: 'M2 11h4l3-7 4 13 2.500-6H19',
  health: 'M10.500 17.500s-7-4-7-9a3.700 3.700 0 0 1 7-1.700 3.700 3.700 0 0 1 7 1.700c0 5-7 9-7 9z',
  configuration: 'M4 4v13M10.500 4v13M17 4v13M2 12h4M8.500 7h4M15 14h4',
};

/** The page: where one can go, what is shown there, and whether the agent is still there. */
export function App(): JSX.Element {
  const route = useRoute();
  const [theme, isDark, chooseTheme] = useTheme();
  const { answer } = usePoll<AgentStatus>('/v1/status');
  useEffect(() => {
    document.title = `${TITLES[route.view]} · udscope`;
  }, [route.view]);
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="side">
        <a class="brand" href={routeHash('overview')}>
          <img src="/icon.svg" alt="" width="28" height="28" />
          udscope
        </a>
        <Navigation view={route.view} status={answer?.value} />
        <Foot status={answer?.value} theme={theme} chooseTheme={chooseTheme} />
      </header>
      <main id="main" tabIndex={-1}>
        <Lost />
        <Shown route={route} isDark={isDark} />
      </main>
    </div>
  );
}

function Navigation({
  view,
  status,
}: {
  readonly view: View;
  readonly status: AgentStatus | undefined;
}): JSX.Element {
  return (
    <nav aria-label="Views">
      <ul>
        {VIEWS.map((each) => (
          <li key={each}>
            <a href={routeHash(each)} aria-current={each === view ? 'page' : undefined}>
              <svg viewBox="0 0 21 21" aria-hidden="true">
                <path d={ICONS[each]} />
              </svg>
              <span>{TITLES[each]}</span>
              {each === 'health' && status !== undefined && isUnwell(status) && (
                <span class="dot">
                  <span class="hidden">, something needs a look</span>
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Whether an exporter fails, clients do not reach a socket, or the last reload has failed. */
function isUnwell({ exporters, receivers, configuration }: AgentStatus): boolean {
  return (
    exporters.some(
      ({ lastFailure, lastSuccessMs = 0 }) => lastFailure !== undefined && lastFailure.timeMs > lastSuccessMs,
    ) ||
    receivers.some(({ down }) => down > 0) ||
    configuration.lastReload?.error !== undefined
  );
}

function Foot(properties: {
  readonly status: AgentStatus | undefined;
  readonly theme: Theme;
  readonly chooseTheme: (theme: Theme) => void;
}): JSX.Element {
  const { status, theme, chooseTheme } = properties;
  return (
    <div class="foot">
      <label>
        <span class="hidden">Theme</span>
        <select value={theme} onChange={({ currentTarget }) => chooseTheme(currentTarget.value as Theme)}>
          {THEMES.map((each) => (
            <option key={each} value={each}>
              {each === 'auto' ? 'System theme' : each === 'light' ? 'Light' : 'Dark'}
            </option>
          ))}
        </select>
      </label>
      {status !== undefined && (
        <p class="note">
          {status.version}, pid {status.pid}
          <br />
          up {formatAge(Date.now() - status.startedMs)}
        </p>
      )}
    </div>
  );
}

/** Says when the agent does not answer; what is shown stays. */
function Lost(): JSX.Element {
  const lostMs = useLost();
  const [, redraw] = useState(0);
  useEffect(() => {
    if (lostMs === undefined) return;
    const timer = setInterval(() => redraw((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, [lostMs]);
  return (
    <div role="status" class="lost-frame">
      {lostMs !== undefined && (
        <p class="lost">
          <strong>Lost connection to the agent</strong>{' '}
          <span>
            {formatAge(Date.now() - lostMs)} ago. What you see is from before; the page goes on by itself when
            the agent is back.
          </span>
        </p>
      )}
    </div>
  );
}

function Shown({
  route: { view, scope },
  isDark,
}: {
  readonly route: Route;
  readonly isDark: boolean;
}): JSX.Element {
  switch (view) {
    case 'overview':
      return <Overview scope={scope} isDark={isDark} />;
    case 'methods':
      return (
        <>
          <h1>Methods</h1>
          <MethodsCard path="/v1/methods?limit=500" scope={scope} />
        </>
      );
    case 'map':
      return <MapView />;
    case 'live':
      return <LiveView />;
    case 'health':
      return <HealthView />;
    case 'configuration':
      return <ConfigurationView />;
  }
}
