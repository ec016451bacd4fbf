import { derivedName, literal, quoted, type TableNames } from '../names.ts';

/** Of each key so many former rows are kept. The newest of them also keeps the version of a key that SQL deleted. */
const KEPT = 20;

/** What a key may be, so that SQL can't put another one there: segments, of which none is one dot or two. */
const KEY = '^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$';
const DOTS = '(^|/)[.]{1,2}(/|$)';

/** What makes two rows hold another value: not the key that their data key is sealed under. */
const CONTENT = ['key', 'version', 'sealing', 'value'];

/**
 * The tables of a store, and the triggers that number, keep and announce each change whoever makes it: also a psql.
 *
 * `folder` is the group of a key with blanks for slashes: a blank sorts before all that a key may hold, so that a group
 * and all below it are one range of the index, in order of name. `changed` and `replaced` are numbers of transactions:
 * unlike a sequence they tell what was not yet committed when one looked (pg_snapshot_xmin).
 */
export function makeTables(schema: string, names: TableNames): string {
  const inSchema = (name: string): string => `${quoted(schema)}.${quoted(name)}`;
  const own = (suffix: string): string => derivedName(names.table, suffix);
  const [table, history] = [inSchema(names.table), inSchema(names.history)];
  const [stamp, record] = [inSchema(own('_stamp')), inSchema(own('_record'))];
  return `
    CREATE TABLE ${table} (
      key varchar(512) COLLATE "C" PRIMARY KEY,
      folder text COLLATE "C" NOT NULL
        GENERATED ALWAYS AS (translate(coalesce(substring(key from '^(.*)/'), ''), '/', ' ')) STORED,
      version bigint NOT NULL,
      sealing text NOT NULL DEFAULT 'none',
      kek_id text,
      data_key bytea,
      value bytea,
      changed bigint NOT NULL,
      changed_at timestamptz NOT NULL DEFAULT now(),
      CHECK (key ~ ${literal(KEY)} AND key !~ ${literal(DOTS)}),
      CHECK (sealing <> 'none' OR (kek_id IS NULL AND data_key IS NULL))
    );
    COMMENT ON COLUMN ${table}.sealing IS 'how value is sealed; none: it is in clear';
    COMMENT ON COLUMN ${table}.value IS 'NULL: the key was removed; the row keeps its version from being used again';
    CREATE INDEX ON ${table} (folder, key) WHERE value IS NOT NULL;
    CREATE INDEX ON ${table} (changed);

    CREATE TABLE ${history} (
      key varchar(512) COLLATE "C" NOT NULL,
      version bigint NOT NULL,
      sealing text NOT NULL,
      kek_id text,
      data_key bytea,
      value bytea,
      changed_at timestamptz NOT NULL,
      replaced bigint NOT NULL,
      PRIMARY KEY (key, version)
    );
    CREATE INDEX ON ${history} (replaced);
    ${stampFunction(stamp, history)}
    ${recordFunction(record, history, names.channel)}
    CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${stamp}();
    CREATE TRIGGER record AFTER INSERT OR UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${record}();`;
}

/** Numbers a change. A value in clear that SQL changed gets the next version; a sealed one brings its own. */
function stampFunction(name: string, history: string): string {
  return `
    CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        NEW.version := coalesce(NEW.version, (SELECT max(h.version) + 1 FROM ${history} h WHERE h.key = NEW.key), 1);
      ELSIF ${row('NEW')} IS NOT DISTINCT FROM ${row('OLD')} THEN
        RETURN NEW;
      ELSIF NEW.sealing = 'none' AND NEW.version = OLD.version THEN
        NEW.version := OLD.version + 1;
      END IF;
      NEW.changed := pg_current_xact_id()::text::bigint;
      NEW.changed_at := now();
      RETURN NEW;
    END $$;`;
}

/** Keeps what was there before a change, and announces it as TRANSACTION:KEY. */
function recordFunction(name: string, history: string, channel: string): string {
  const columns = ['key', 'version', 'sealing', 'kek_id', 'data_key', 'value', 'changed_at'];
  const former = columns.map((column) => `OLD.${column}`).join(', ');
  const again = [...columns.slice(2), 'replaced'].map((column) => `${column} = EXCLUDED.${column}`).join(', ');
  return `
    CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      at text := pg_current_xact_id()::text;
    BEGIN
      IF TG_OP = 'UPDATE' AND ${row('NEW')} IS NOT DISTINCT FROM ${row('OLD')} THEN
        RETURN NULL;
      END IF;
      IF TG_OP <> 'INSERT' THEN
        INSERT INTO ${history} (${columns.join(', ')}, replaced) VALUES (${former}, at::bigint)
          ON CONFLICT (key, version) DO UPDATE SET ${again};
        DELETE FROM ${history} h WHERE h.key = OLD.key AND h.version <= OLD.version - ${KEPT};
        PERFORM pg_notify(${literal(channel)}, at || ':' || OLD.key);
      END IF;
      IF TG_OP <> 'DELETE' THEN
        PERFORM pg_notify(${literal(channel)}, at || ':' || NEW.key);
      END IF;
      RETURN NULL;
    END $$;`;
}

function row(of: 'NEW' | 'OLD'): string {
  return `(${CONTENT.map((column) => `${of}.${column}`).join(', ')})`;
}
