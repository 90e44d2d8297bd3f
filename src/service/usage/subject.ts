import type { Attributes } from '@opentelemetry/api';
import type { FlowGroup, UsageSubject } from '../../api/usage/query.js';
import { NAMESPACE_ATTRIBUTE } from '../../identity/namesakes.js';
import {
  CALL_DURATIONS,
  type DurationColumns,
  durationColumns,
} from '../../processors/enrich/instruments.js';
import { CONVENTIONS, type Convention, type NamedMethod } from '../../protocols/conventions.js';
import { type Direction, RECV, SEND } from '../../protocols/direction.js';
import { attributesKey } from '../../telemetry/attributes-key.js';
import type { Series } from '../../telemetry/series.js';
import type { DurationTotals } from './durations.js';
import type { FlowTally } from './flow-tally.js';

/** How the calls of a series ended; undefined for success, and where nobody answers. */
export type Ending = 'errors' | 'unknown' | 'cancelled' | undefined;

/** A container or program. More may become known of it. */
export interface Client {
  attributes: Readonly<Record<string, string>>;
}

/** A line of a report, with what is known of it in the present pass over all series. */
export class Line {
  pass = 0;
  rank = 0;
  calls = 0;
  durations: DurationTotals | undefined;
  /** What was added up of it last, of a flow; undefined: nothing ever was. */
  tally: FlowTally | undefined;
  /** Whether it is on the page that is being made. */
  isShown = false;

  constructor(
    /** Orders lines by name, and tells them apart. */
    readonly key: string,
    /** One of those that it is of. */
    readonly subject: Subject,
  ) {}
}

/** What is read of the attributes of a series. */
interface Names {
  readonly client: Client;
  readonly clientKey: string;
  readonly socket: string | undefined;
  readonly path: string | undefined;
  readonly scope: string | undefined;
  readonly convention: Convention | undefined;
  readonly named: NamedMethod | undefined;
}

/** What series of one method, or of one socket and client, are about. */
export class Subject implements UsageSubject {
  readonly socket: string | undefined;
  readonly path: string | undefined;
  readonly scope: string | undefined;
  readonly protocol: string | undefined;
  readonly namespace: string | undefined;
  readonly method: string | undefined;
  /** Where the durations of its calls are, by the direction of their requests; and of all. */
  readonly columns: readonly [send: readonly DurationColumns[], recv: readonly DurationColumns[]];
  readonly allColumns: readonly DurationColumns[];
  /** The lines that it is counted in: of its method, by the direction of the requests; and of what it is added up by. */
  readonly methods: readonly [send: Line, recv: Line];
  readonly groups: Readonly<Record<FlowGroup, Line>>;
  /** The last pass that has met it, and whether it was wanted then. */
  pass = 0;
  isWanted = true;
  readonly #client: Client;

  /** `line`: that of a key, which may be there. */
  constructor(
    key: string,
    { client, clientKey, socket, path, scope, convention, named }: Names,
    line: (key: string, subject: Subject) => Line,
  ) {
    this.#client = client;
    this.socket = socket;
    this.path = path;
    this.scope = scope;
    this.protocol = named?.protocol;
    this.namespace = named?.namespace;
    this.method = named?.method;
    this.columns = [columnsOf(convention, SEND), columnsOf(convention, RECV)];
    this.allColumns = [...new Set(this.columns.flat())];
    this.methods = [new Line(`${key} container`, this), new Line(`${key} upstream`, this)];
    this.groups = {
      flow: line(JSON.stringify(['flow', clientKey, socket, path]), this),
      container: line(JSON.stringify(['container', clientKey]), this),
      socket: line(JSON.stringify(['socket', socket, path]), this),
    };
  }

  get container(): Readonly<Record<string, string>> {
    return this.#client.attributes;
  }
}

/** Of calls that are counted together, it is not known which convention they have; all are told as the container's. */
function columnsOf(convention: Convention | undefined, direction: Direction): readonly DurationColumns[] {
  if (convention === undefined) return direction === SEND ? CALL_DURATIONS : [];
  return [durationColumns(convention.durations[convention.callKind(direction)])];
}

/** Attributes that do not name the client. */
const OTHERS = /^(?:uds|server|rpc|http|url|db|mcp|gen_ai|error|udscope|otel)\./;

/** The subjects of series, each once. */
export class Subjects {
  readonly #clients = new Map<string, Client>();
  readonly #lines = new Map<string, Line>();
  readonly #subjects = new Map<string, Subject>();

  get size(): number {
    return this.#subjects.size;
  }

  of({ attributes, container }: Series): Subject {
    const names = this.#namesOf(attributes, container?.attributes);
    const { clientKey, socket, path, named } = names;
    const method = named && [named.protocol, named.method, named.namespace];
    const key = JSON.stringify([clientKey, socket, path, method]);
    let subject = this.#subjects.get(key);
    if (subject === undefined) {
      subject = new Subject(key, names, (lineKey, first) => this.#line(lineKey, first));
      this.#subjects.set(key, subject);
    }
    return subject;
  }

  #namesOf(attributes: Attributes, ofContainer: Attributes | undefined): Names {
    const known = textsOf(ofContainer ?? attributes);
    const clientKey = clientKeyOf(known);
    const convention = CONVENTIONS.find((each) => each.methodOf(attributes) !== undefined);
    return {
      client: this.#client(clientKey, known),
      clientKey,
      socket: text(attributes['uds.socket.name']),
      path: text(attributes['uds.socket.path']),
      scope: text(attributes['uds.socket.scope']),
      convention,
      named: convention?.methodOf(attributes),
    };
  }

  #client(key: string, attributes: Readonly<Record<string, string>>): Client {
    const known = this.#clients.get(key);
    if (known === undefined) {
      const client = { attributes };
      this.#clients.set(key, client);
      return client;
    }
    // The names of a container may come after its first calls.
    if (Object.keys(attributes).length > Object.keys(known.attributes).length) known.attributes = attributes;
    return known;
  }

  #line(key: string, subject: Subject): Line {
    const known = this.#lines.get(key) ?? new Line(key, subject);
    this.#lines.set(key, known);
    return known;
  }
}

/** How the calls of a series with these attributes ended. */
export function endingOf(attributes: Attributes): Ending {
  if (attributes['error.type'] !== undefined) return 'errors';
  const outcome = attributes['udscope.outcome'];
  return outcome === 'unknown' || outcome === 'cancelled' ? outcome : undefined;
}

function textsOf(attributes: Attributes): Record<string, string> {
  const ofClient = Object.entries(attributes).filter(([name]) => !OTHERS.test(name));
  return Object.fromEntries(ofClient.map(([name, value]) => [name, String(value)]));
}

/** Tells clients apart. Of one container, more may be known in one series than in another. */
function clientKeyOf(known: Readonly<Record<string, string>>): string {
  const { 'container.id': id, [NAMESPACE_ATTRIBUTE]: namespace = null } = known;
  return id === undefined ? attributesKey(known) : JSON.stringify([id, namespace]);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
