// SPDX-License-Identifier: Apache-2.0
// Where the pages of the demo are: three origins, of which each has links to the others. build/demo
// writes their addresses down when it has chosen the ports.

export async function findPlaces() {
  const places = await (await fetch("places.json")).json();
  for (const link of document.querySelectorAll("a[data-place]")) {
    link.href = new URL(link.dataset.path ?? "/", places[link.dataset.place]).href;
  }
  return places;
}
