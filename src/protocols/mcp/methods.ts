/** Methods whose name nothing else has that speaks JSON-RPC: https://modelcontextprotocol.io/specification, of all versions. */
const OWN_METHODS = [
  'completion/complete',
  'elicitation/create',
  'logging/setLevel',
  'notifications/cancelled',
  'notifications/elicitation/complete',
  'notifications/initialized',
  'notifications/message',
  'notifications/progress',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
  'notifications/resources/updated',
  'notifications/roots/list_changed',
  'notifications/subscriptions/acknowledged',
  'notifications/tasks/status',
  'notifications/tools/list_changed',
  'prompts/get',
  'prompts/list',
  'resources/list',
  'resources/read',
  'resources/subscribe',
  'resources/templates/list',
  'resources/unsubscribe',
  'roots/list',
  'sampling/createMessage',
  'server/discover',
  'subscriptions/listen',
  'tools/call',
  'tools/list',
] as const;

/** Others: language servers and agents (ACP) initialize, agents of A2A have tasks. */
const SHARED_METHODS = [
  'initialize',
  'ping',
  'tasks/cancel',
  'tasks/get',
  'tasks/list',
  'tasks/result',
] as const;

/** A method that shows that it is MCP that is spoken. */
export const OWN: ReadonlySet<string> = new Set(OWN_METHODS);

/** A method that MCP has. */
export const KNOWN: ReadonlySet<string> = new Set([...OWN_METHODS, ...SHARED_METHODS]);

/** What a method is about, by the member of its parameters that says so. */
export type Target = 'name' | 'uri' | 'protocolVersion' | 'requestId';

export const TARGETS: Readonly<Record<string, Target>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'resources/subscribe': 'uri',
  'resources/unsubscribe': 'uri',
  'notifications/resources/updated': 'uri',
  initialize: 'protocolVersion',
  'notifications/cancelled': 'requestId',
};

/** Methods whose result may say that what was asked for has failed. */
export const WITH_INNER_OUTCOME: ReadonlySet<string> = new Set(['tools/call', 'tasks/result']);
