import { parser } from '@prometheus-io/lezer-promql';

/** What a query asks for: metrics by name, each with the labels that it chooses by. */
export interface Query {
  readonly metrics: readonly { readonly name: string; readonly labels: readonly string[] }[];
  /** Labels by which it groups. */
  readonly groups: readonly string[];
}

/** By Prometheus's own grammar. @throws where Prometheus would refuse the query */
export function readQuery(text: string): Query {
  // Grafana fills these in.
  const query = text.replaceAll('$__rate_interval', '5m').replaceAll('$pipeline', 'p');
  const metrics: { name: string; labels: string[] }[] = [];
  const groups: string[] = [];
  parser.parse(query).iterate({
    enter({ type, from, to, node }) {
      const words = query.slice(from, to);
      if (type.isError) throw new Error(`not a query at ${from}: ${query}`);
      if (type.name === 'VectorSelector') {
        const name = node.getChild('Identifier');
        metrics.push({ name: name === null ? '' : query.slice(name.from, name.to), labels: [] });
      }
      if (type.name === 'LabelName') {
        if (node.parent?.name.endsWith('LabelMatcher') === true) metrics.at(-1)?.labels.push(words);
        else groups.push(words);
      }
    },
  });
  return { metrics, groups };
}
