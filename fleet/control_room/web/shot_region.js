// Where shots may have been, as lines on a map: from metres to degrees and round. Pure.
//
// Rule: axes are true metres at the place's latitude, by the radii of curvature of the WGS 84 ellipsoid; what is nowhere on the
// Earth is not drawn.

const EQUATOR_M = 6378137; // WGS 84, National Imagery and Mapping Agency TR8350.2
const FLATTENING = 1 / 298.257223563;
const SQUARED = FLATTENING * (2 - FLATTENING);
const MOST_LAT = 85; // beyond it the map's projection ends
const MOST_M = 20000; // a region larger than a city is drawn as large as one
const STEPS = 72;

const RADIANS = Math.PI / 180;
export const onEarth = ({ lat, lon }) => Math.abs(lat) <= MOST_LAT && Math.abs(lon) <= 180;

/** A point so many metres east and north of a place, [lat, lon]. */
export function offset({ lat, lon }, east, north) {
  const curvature = Math.sqrt(1 - SQUARED * Math.sin(lat * RADIANS) ** 2);
  const perLat = (EQUATOR_M * (1 - SQUARED)) / curvature ** 3;
  const perLon = (EQUATOR_M / curvature) * Math.cos(lat * RADIANS);
  return [lat + north / perLat / RADIANS, lon + east / perLon / RADIANS];
}

/** Around a place, from an azimuth to another (degrees clockwise from north). */
function arc(place, radius, from, to) {
  return Array.from({ length: STEPS + 1 }, (_, i) => {
    const turn = (from + ((to - from) * i) / STEPS) * RADIANS;
    return offset(place, radius * Math.sin(turn), radius * Math.cos(turn));
  });
}

function ellipse(region) {
  const [major, minor] = [region.major_m, region.minor_m].map((axis) => Math.min(axis, MOST_M));
  const turn = region.orientation_deg * RADIANS;
  return Array.from({ length: STEPS }, (_, i) => {
    const along = major * Math.cos((2 * Math.PI * i) / STEPS);
    const across = minor * Math.sin((2 * Math.PI * i) / STEPS);
    return offset(region, along * Math.sin(turn) + across * Math.cos(turn), along * Math.cos(turn) - across * Math.sin(turn));
  });
}

/**
 * The line around a region, or along it where it is a curve.
 * @returns {{points: number[][], closed: boolean, middle: number[]} | null} points as [lat, lon]; null where there is nothing to draw
 */
export function outline(region) {
  if (region.type === "curve") {
    const points = region.points.filter(onEarth).map(({ lat, lon }) => [lat, lon]);
    return points.length ? { points, closed: false, middle: points[Math.floor(points.length / 2)] } : null;
  }
  if (!onEarth(region)) return null;
  const middle = [region.lat, region.lon];
  if (region.type === "ellipse") return { points: ellipse(region), closed: true, middle };
  const reach = Math.min(region.reach_m ?? region.radius_m, MOST_M);
  if (region.type === "disc" || region.half_width_deg >= 180) return { points: arc(region, reach, 0, 360), closed: true, middle };
  const { azimuth_deg: at, half_width_deg: half } = region;
  return { points: [middle, ...arc(region, reach, at - half, at + half)], closed: true, middle };
}
