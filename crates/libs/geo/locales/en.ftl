# Coordinates and outlines. $feature number of the feature, $field its member, $detail what is wrong.

error-geo-out-of-range = The coordinates are out of range: longitude { $lon }, latitude { $lat }; check whether the two are swapped
error-geo-unknown-crs = Unknown coordinate system “{ $name }”; use wgs84, cgcs2000, gcj02 or bd09
error-geo-not-json = Not readable as GeoJSON: { $detail }
error-geo-field = Feature { $feature }, “{ $field }”: { $detail }
error-geo-too-large = Feature { $feature } is too large: { $what } { $actual }, at most { $limit }
