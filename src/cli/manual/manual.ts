import { VERSION } from '../../version.js';
import { createProgram } from '../program.js';
import { commandPages, type ManualPage } from './command-page.js';
import { configurationPage } from './configuration-page.js';

/** All pages, made of what commands and the configuration say of themselves. */
export function manualPages(): ManualPage[] {
  return [...commandPages(createProgram(), VERSION), configurationPage(VERSION)];
}
