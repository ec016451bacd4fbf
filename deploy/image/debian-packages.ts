/** A package of Debian of which the image holds files. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly source: string;
  readonly sourceVersion: string;
  /** `debian-12` */
  readonly distribution: string;
  /** The source packages that it is statically linked with. */
  readonly builtUsing: readonly { readonly source: string; readonly version: string }[];
}

/**
 * Reads what the Dockerfile asks dpkg-query for, one package a line: name, version, architecture, source package, its
 * version, distribution, Built-Using, with tabs between them.
 */
export function parseDebianPackages(text: string): readonly DebianPackage[] {
  const lines = [...new Set(text.split('\n'))].filter((line) => line !== '').toSorted();
  return lines.map((line) => {
    const [name = '', version = '', architecture = '', source = '', sourceVersion = '', distribution = '', using] =
      line.split('\t');
    if (using === undefined) throw new Error(`the list of Debian packages has a line with too few columns: ${line}`);
    const builtUsing = using
      .matchAll(/(\S+) \(= ([^)]+)\)/g)
      .map(([, of = '', at = '']) => ({ source: of, version: at }));
    return { name, version, architecture, source, sourceVersion, distribution, builtUsing: [...builtUsing] };
  });
}
