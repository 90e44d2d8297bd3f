import { bulk } from './bulk.js';
import { capture } from './capture.js';
import type { Case } from './case.js';
import { churn } from './churn.js';
import { echo, mainEcho } from './echo.js';
import { idle } from './idle.js';
import { scrape } from './scrape.js';

/** In the order they run. */
export const cases: readonly Case[] = [
  echo(1, 128),
  echo(1, 4096),
  mainEcho(8, 128),
  mainEcho(8, 4096),
  echo(32, 128),
  echo(32, 4096),
  mainEcho(256, 128),
  mainEcho(256, 4096),
  mainEcho(1000, 128),
  mainEcho(1000, 4096),
  mainEcho(4, 65_536),
  mainEcho(100, 128, 6000),
  churn(16),
  bulk(1),
  bulk(4),
  idle(1000),
  scrape,
  capture(32, 128),
  capture(32, 4096),
];
