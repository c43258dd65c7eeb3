/**
 * The part of undici that Dossier uses: its package as a whole also brings fetch, caches, WebSockets and mocks, which cost every process 14 MB and some 30 ms at its start.
 *
 * Its index puts the method `request` and others on every dispatcher; here it is the only one.
 */
import Agent from 'undici/lib/dispatcher/agent.js';
import Client from 'undici/lib/dispatcher/client.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import request from 'undici/lib/api/api-request.js';

Object.assign(Dispatcher.prototype, { request });

export { Agent, Client };
export type { Dispatcher } from 'undici';
