// Served out of the package uplot, where its own types are.
export { default } from 'uplot';
