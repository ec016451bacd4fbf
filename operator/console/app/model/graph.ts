import type { StoreName, Usage } from '../api/answers.ts';

/** A box of the usage graph. */
export interface GraphNode {
  readonly id: string;
  readonly title: string;
  readonly detail: string;
  /** How it fares: waiting for something, wrong, or as it should be. */
  readonly state: 'fine' | 'waiting' | 'wrong' | 'plain';
  /** Of its middle, from the top, in rows. */
  readonly at: number;
}

export interface GraphColumn {
  readonly title: string;
  readonly nodes: readonly GraphNode[];
}

/** A line from a box to one in the next column. */
export interface GraphEdge {
  /** 0: from the store to the key. */
  readonly column: number;
  readonly from: GraphNode;
  readonly to: GraphNode;
}

/** Store → key → bindings → applications. */
export interface Graph {
  readonly columns: readonly GraphColumn[];
  readonly edges: readonly GraphEdge[];
  readonly rows: number;
  /** How many bindings and applications were left out. */
  readonly leftOut: number;
}

/** So many boxes in a column are still a picture. */
const MOST = 40;

type Unplaced = Omit<GraphNode, 'at'>;

/** The graph of who uses a key: applications stand beside the bindings that give it to them. */
export function usageGraph(store: StoreName, key: string, usage: Usage): Graph {
  const bindings = usage.bindings.slice(0, MOST);
  const place = new Map(bindings.map(({ namespace, name }, row) => [`${namespace}/${name}`, row]));
  const links = (app: Usage['applications'][number]): number[] =>
    app.bindings.flatMap((name) => place.get(`${app.namespace}/${name}`) ?? []);
  const shown = usage.applications.filter((app) => links(app).length > 0);
  const apps = shown.toSorted((a, b) => middle(links(a)) - middle(links(b))).slice(0, MOST);
  const rows = Math.max(1, bindings.length, apps.length);
  const storeNode = placed({ id: 'store', title: store.name, detail: store.namespace, state: 'plain' }, 0, 1, rows);
  const keyNode = placed({ id: 'key', title: key, detail: '', state: 'plain' }, 0, 1, rows);
  const bindingNodes = bindings.map((each, row) => placed(bindingNode(each), row, bindings.length, rows));
  const appNodes = apps.map((each, row) => placed(applicationNode(each), row, apps.length, rows));
  const edges: GraphEdge[] = [
    { column: 0, from: storeNode, to: keyNode },
    ...bindingNodes.map((to) => ({ column: 1, from: keyNode, to })),
    ...apps.flatMap((app, at) => links(app).flatMap((row) => edgeOf(bindingNodes[row], appNodes[at]))),
  ];
  return {
    columns: [
      { title: 'Store', nodes: [storeNode] },
      { title: 'Key', nodes: [keyNode] },
      { title: 'Bindings', nodes: bindingNodes },
      { title: 'Running applications', nodes: appNodes },
    ],
    edges,
    rows,
    leftOut: usage.bindings.length - bindings.length + usage.applications.length - apps.length,
  };
}

function edgeOf(from: GraphNode | undefined, to: GraphNode | undefined): GraphEdge[] {
  return from === undefined || to === undefined ? [] : [{ column: 2, from, to }];
}

/** Boxes of a column are spread over the height of the picture. */
function placed(node: Unplaced, row: number, count: number, rows: number): GraphNode {
  return { ...node, at: ((row + 0.5) * rows) / count };
}

function bindingNode({ namespace, name, as, ready }: Usage['bindings'][number]): Unplaced {
  const names = as.map((each) => each.name).join(', ');
  const detail = names === '' ? namespace : `${namespace} · as ${names}`;
  return { id: `binding ${namespace}/${name}`, title: name, detail, state: ready ? 'fine' : 'wrong' };
}

function applicationNode({ namespace, name, driver, phase, bindings }: Usage['applications'][number]): Unplaced {
  return {
    id: `application ${namespace}/${driver}`,
    title: name,
    detail: `${namespace} · ${phase} · by ${bindings.join(', ')}`,
    state: phase === 'Running' ? 'fine' : 'waiting',
  };
}

function middle(rows: readonly number[]): number {
  return rows.reduce((sum, row) => sum + row, 0) / rows.length;
}
