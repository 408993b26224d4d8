export default { name: 'looks-like-one', source: { queue: 'q' } };
