/** What tells names from strings and code from comments. */
export interface SqlDialect {
  /** `"x"` is a name. Where it may be a string, by a setting, it is never shown. */
  readonly hasDoubleQuotedNames: boolean;
  readonly hasBackticks: boolean;
  /** `$tag$ … $tag$`. Where there is none, a `$` is part of a name. */
  readonly hasDollarQuotes: boolean;
  /** `E'it\'s'`. */
  readonly hasEscapeStrings: boolean;
  readonly hasNestedComments: boolean;
  /** A `#` begins a comment, `--` only with a blank behind it, and an executable comment is code. */
  readonly hasMysqlComments: boolean;
}

/** https://www.postgresql.org/docs/current/sql-syntax-lexical.html */
export const POSTGRESQL: SqlDialect = {
  hasDoubleQuotedNames: true,
  hasBackticks: false,
  hasDollarQuotes: true,
  hasEscapeStrings: true,
  hasNestedComments: true,
  hasMysqlComments: false,
};

/** https://dev.mysql.com/doc/refman/8.4/en/language-structure.html; MariaDB's is the same in this. */
export const MYSQL: SqlDialect = {
  hasDoubleQuotedNames: false,
  hasBackticks: true,
  hasDollarQuotes: false,
  hasEscapeStrings: false,
  hasNestedComments: false,
  hasMysqlComments: true,
};
