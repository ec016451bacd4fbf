import type { JSX } from 'preact';
import type { StoreApi } from '../api/store-api.ts';
import type { StoreName } from '../api/answers.ts';
import { usageGraph, type Graph, type GraphEdge, type GraphNode } from '../model/graph.ts';
import { Icon } from '../parts/icon.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import { Time } from '../parts/time.tsx';
import { useLoad } from '../parts/use-load.ts';

export interface UsageCardProps {
  readonly store: StoreName;
  readonly api: StoreApi;
  readonly name: string;
  /** Changes when it is to be asked for anew. */
  readonly turn: number;
}

/** In CSS pixels: of a box with the room round it (style/graph.css). */
const ROW = 68;

/** Who uses a key, as a graph: store → key → bindings → applications. */
export function UsageCard({ store, api, name, turn }: UsageCardProps): JSX.Element {
  const { value: usage, error, reload, isLoading } = useLoad((signal) => api.usage(name, signal), [api, name, turn]);
  return (
    <div class="card" aria-busy={isLoading}>
      <div class="title">
        <h2>Who uses it</h2>
        <button type="button" class="quiet small" onClick={reload}>
          <Icon name="refresh" />
          Refresh
        </button>
      </div>
      {error !== undefined && <ProblemBox error={error} onRetry={reload} />}
      {usage?.lastChangeTime !== undefined && (
        <p class="muted">
          Its value last changed <Time at={usage.lastChangeTime} />.
        </p>
      )}
      {usage !== undefined && usage.bindings.length === 0 && <p class="muted">No binding uses it yet.</p>}
      {usage !== undefined && usage.bindings.length > 0 && <Picture graph={usageGraph(store, name, usage)} />}
    </div>
  );
}

/** Four columns of boxes with lines between them; in a narrow window the columns stand one below the other, without lines. */
function Picture({ graph }: { readonly graph: Graph }): JSX.Element {
  return (
    <>
      <div class="graph" style={{ '--height': `${graph.rows * ROW}px` }}>
        <svg viewBox={`0 0 100 ${graph.rows * ROW}`} preserveAspectRatio="none" aria-hidden="true">
          {graph.edges.map((edge) => (
            <path key={`${edge.from.id} ${edge.to.id}`} d={curve(edge)} />
          ))}
        </svg>
        {graph.columns.map(({ title, nodes }) => (
          <section key={title}>
            <h3>{title}</h3>
            <ul>
              {nodes.map((node) => (
                <Box key={node.id} node={node} />
              ))}
            </ul>
            {nodes.length === 0 && <p class="muted none">none</p>}
          </section>
        ))}
      </div>
      {graph.leftOut > 0 && <p class="muted">{graph.leftOut} more are not in the picture.</p>}
    </>
  );
}

function Box({ node: { title, detail, state, at } }: { readonly node: GraphNode }): JSX.Element {
  return (
    <li class={`box ${state}`} style={{ '--at': `${at * ROW}px` }} title={`${title} ${detail}`.trim()}>
      <span class="box-title">{title}</span>
      {detail !== '' && <span class="muted">{detail}</span>}
      {state !== 'plain' && (
        <span class="visually-hidden">{state === 'wrong' ? 'not ready' : state === 'fine' ? 'ready' : 'waiting'}</span>
      )}
    </li>
  );
}

/** From the right edge of one box to the left edge of the next: a column is 22 of 100 wide, the room between them 4. */
function curve({ column, from, to }: GraphEdge): string {
  const start = column * 26 + 22;
  const end = start + 4;
  const [y1, y2] = [from.at * ROW, to.at * ROW];
  return `M${start} ${y1} C${start + 2} ${y1} ${end - 2} ${y2} ${end} ${y2}`;
}
