-- The types as the text that was written; what is measured comes to 0, what is related is not, and nothing is drawn.
CREATE TYPE geometry;
CREATE FUNCTION geometry_in(cstring, oid, integer) RETURNS geometry
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION geometry_out(geometry) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
-- Any words go, as in (Point, 4326), and are forgotten: pg_is_in_recovery() takes no argument and comes to 0.
CREATE FUNCTION geometry_typmod_in(cstring[]) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'pg_is_in_recovery';
CREATE FUNCTION geometry_typmod_out(integer) RETURNS cstring
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'varchartypmodout';
CREATE TYPE geometry (INPUT = geometry_in, OUTPUT = geometry_out, TYPMOD_IN = geometry_typmod_in, TYPMOD_OUT = geometry_typmod_out, STORAGE = main);
CREATE TYPE geography;
CREATE FUNCTION geography_in(cstring, oid, integer) RETURNS geography
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION geography_out(geography) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
-- Any words go, as in (Point, 4326), and are forgotten: pg_is_in_recovery() takes no argument and comes to 0.
CREATE FUNCTION geography_typmod_in(cstring[]) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'pg_is_in_recovery';
CREATE FUNCTION geography_typmod_out(integer) RETURNS cstring
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'varchartypmodout';
CREATE TYPE geography (INPUT = geography_in, OUTPUT = geography_out, TYPMOD_IN = geography_typmod_in, TYPMOD_OUT = geography_typmod_out, STORAGE = main);
CREATE TYPE box2d;
CREATE FUNCTION box2d_in(cstring, oid, integer) RETURNS box2d
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION box2d_out(box2d) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE TYPE box2d (INPUT = box2d_in, OUTPUT = box2d_out, STORAGE = main);
CREATE TYPE box3d;
CREATE FUNCTION box3d_in(cstring, oid, integer) RETURNS box3d
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION box3d_out(box3d) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE TYPE box3d (INPUT = box3d_in, OUTPUT = box3d_out, STORAGE = main);
CREATE TYPE raster;
CREATE FUNCTION raster_in(cstring, oid, integer) RETURNS raster
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION raster_out(raster) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE TYPE raster (INPUT = raster_in, OUTPUT = raster_out, STORAGE = main);
CREATE FUNCTION geometry_eq(geometry, geometry) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteaeq';
CREATE OPERATOR = (LEFTARG = geometry, RIGHTARG = geometry, FUNCTION = geometry_eq, COMMUTATOR = =, NEGATOR = <>);
CREATE FUNCTION geometry_lt(geometry, geometry) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'bytealt';
CREATE OPERATOR < (LEFTARG = geometry, RIGHTARG = geometry, FUNCTION = geometry_lt, COMMUTATOR = >, NEGATOR = >=);
CREATE FUNCTION geometry_le(geometry, geometry) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteale';
CREATE OPERATOR <= (LEFTARG = geometry, RIGHTARG = geometry, FUNCTION = geometry_le, COMMUTATOR = >=, NEGATOR = >);
CREATE FUNCTION geometry_gt(geometry, geometry) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteagt';
CREATE OPERATOR > (LEFTARG = geometry, RIGHTARG = geometry, FUNCTION = geometry_gt, COMMUTATOR = <, NEGATOR = <=);
CREATE FUNCTION geometry_ge(geometry, geometry) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteage';
CREATE OPERATOR >= (LEFTARG = geometry, RIGHTARG = geometry, FUNCTION = geometry_ge, COMMUTATOR = <=, NEGATOR = <);
CREATE FUNCTION geometry_ne(geometry, geometry) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteane';
CREATE OPERATOR <> (LEFTARG = geometry, RIGHTARG = geometry, FUNCTION = geometry_ne, COMMUTATOR = <>, NEGATOR = =);
CREATE FUNCTION geometry_cmp(geometry, geometry) RETURNS integer LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteacmp';
CREATE OPERATOR CLASS btree_geometry_ops DEFAULT FOR TYPE geometry USING btree AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 geometry_cmp(geometry, geometry);
CREATE FUNCTION geometry_overlaps(geometry, geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE OPERATOR && (LEFTARG = geometry, RIGHTARG = geometry, FUNCTION = geometry_overlaps, COMMUTATOR = &&);
CREATE FUNCTION geometry_distance_knn(geometry, geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE OPERATOR <-> (LEFTARG = geometry, RIGHTARG = geometry, FUNCTION = geometry_distance_knn, COMMUTATOR = <->);
CREATE FUNCTION geography_eq(geography, geography) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteaeq';
CREATE OPERATOR = (LEFTARG = geography, RIGHTARG = geography, FUNCTION = geography_eq, COMMUTATOR = =, NEGATOR = <>);
CREATE FUNCTION geography_lt(geography, geography) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'bytealt';
CREATE OPERATOR < (LEFTARG = geography, RIGHTARG = geography, FUNCTION = geography_lt, COMMUTATOR = >, NEGATOR = >=);
CREATE FUNCTION geography_le(geography, geography) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteale';
CREATE OPERATOR <= (LEFTARG = geography, RIGHTARG = geography, FUNCTION = geography_le, COMMUTATOR = >=, NEGATOR = >);
CREATE FUNCTION geography_gt(geography, geography) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteagt';
CREATE OPERATOR > (LEFTARG = geography, RIGHTARG = geography, FUNCTION = geography_gt, COMMUTATOR = <, NEGATOR = <=);
CREATE FUNCTION geography_ge(geography, geography) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteage';
CREATE OPERATOR >= (LEFTARG = geography, RIGHTARG = geography, FUNCTION = geography_ge, COMMUTATOR = <=, NEGATOR = <);
CREATE FUNCTION geography_ne(geography, geography) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteane';
CREATE OPERATOR <> (LEFTARG = geography, RIGHTARG = geography, FUNCTION = geography_ne, COMMUTATOR = <>, NEGATOR = =);
CREATE FUNCTION geography_cmp(geography, geography) RETURNS integer LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteacmp';
CREATE OPERATOR CLASS btree_geography_ops DEFAULT FOR TYPE geography USING btree AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 geography_cmp(geography, geography);
CREATE FUNCTION geography_overlaps(geography, geography) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE OPERATOR && (LEFTARG = geography, RIGHTARG = geography, FUNCTION = geography_overlaps, COMMUTATOR = &&);
CREATE FUNCTION geography_distance_knn(geography, geography) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE OPERATOR <-> (LEFTARG = geography, RIGHTARG = geography, FUNCTION = geography_distance_knn, COMMUTATOR = <->);
CREATE CAST (geometry AS geography) WITH INOUT AS IMPLICIT;
CREATE CAST (geography AS geometry) WITH INOUT;
CREATE CAST (text AS geometry) WITH INOUT AS IMPLICIT;
CREATE CAST (geometry AS text) WITH INOUT AS ASSIGNMENT;
CREATE CAST (box3d AS geometry) WITH INOUT AS IMPLICIT;
CREATE CAST (box2d AS geometry) WITH INOUT AS IMPLICIT;
CREATE CAST (geometry AS box2d) WITH INOUT AS IMPLICIT;
CREATE FUNCTION st_makepoint(double precision, double precision) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.format('POINT(%s %s)', $1, $2)::@extschema@.geometry $$;
CREATE FUNCTION st_point(double precision, double precision) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.format('POINT(%s %s)', $1, $2)::@extschema@.geometry $$;
CREATE FUNCTION st_point(double precision, double precision, srid integer) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.format('POINT(%s %s)', $1, $2)::@extschema@.geometry $$;
CREATE FUNCTION st_makepoint(double precision, double precision, double precision) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.format('POINT(%s %s %s)', $1, $2, $3)::@extschema@.geometry $$;
CREATE FUNCTION st_makeenvelope(double precision, double precision, double precision, double precision, integer DEFAULT 0) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 'POLYGON EMPTY'::@extschema@.geometry $$;
CREATE FUNCTION st_setsrid(geometry, integer) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_setsrid(geography, integer) RETURNS geography
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_transform(geometry, integer) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_srid(geometry) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0 $$;
CREATE FUNCTION st_geomfromtext(text) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1::@extschema@.geometry $$;
CREATE FUNCTION st_geometryfromtext(text) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1::@extschema@.geometry $$;
CREATE FUNCTION st_geomfromewkt(text) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1::@extschema@.geometry $$;
CREATE FUNCTION st_geomfromtext(text, integer) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1::@extschema@.geometry $$;
CREATE FUNCTION st_geogfromtext(text) RETURNS geography
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1::@extschema@.geography $$;
CREATE FUNCTION st_geographyfromtext(text) RETURNS geography
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1::@extschema@.geography $$;
CREATE FUNCTION st_geomfromgeojson(text) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1::@extschema@.geometry $$;
CREATE FUNCTION st_geomfromgeojson(jsonb) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1::pg_catalog.text::@extschema@.geometry $$;
CREATE FUNCTION st_x(geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_y(geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_z(geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_astext(geometry) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1::pg_catalog.text $$;
CREATE FUNCTION st_asgeojson(geometry, integer DEFAULT 9, integer DEFAULT 8) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT '{}'::pg_catalog.text $$;
CREATE FUNCTION st_distance(geometry, geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_length(geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_area(geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_perimeter(geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_buffer(geometry, double precision) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_centroid(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_dwithin(geometry, geometry, double precision) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_intersects(geometry, geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_covers(geometry, geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_coveredby(geometry, geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_astext(geography) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT NULL::pg_catalog.text $$;
CREATE FUNCTION st_asgeojson(geography, integer DEFAULT 9, integer DEFAULT 8) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT '{}'::pg_catalog.text $$;
CREATE FUNCTION st_distance(geography, geography) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_length(geography) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_area(geography) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_perimeter(geography) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_buffer(geography, double precision) RETURNS geography
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_centroid(geography) RETURNS geography
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_dwithin(geography, geography, double precision) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_intersects(geography, geography) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_covers(geography, geography) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_coveredby(geography, geography) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_distance(geography, geography, boolean) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_dwithin(geography, geography, double precision, boolean) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_distancesphere(geometry, geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_contains(geometry, geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_within(geometry, geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_overlaps(geometry, geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_equals(geometry, geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_disjoint(geometry, geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_touches(geometry, geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_crosses(geometry, geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_union(geometry, geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_intersection(geometry, geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_difference(geometry, geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_makevalid(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_envelope(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_makepolygon(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_startpoint(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_endpoint(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_multi(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_convexhull(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_pointonsurface(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_simplify(geometry, double precision) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_makeline(geometry, geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_collect(geometry, geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_isvalid(geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT true $$;
CREATE FUNCTION st_geometrytype(geometry) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 'ST_Point'::pg_catalog.text $$;
CREATE FUNCTION st_npoints(geometry) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 1 $$;
CREATE FUNCTION st_asbinary(geometry) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT NULL::pg_catalog.bytea $$;
CREATE FUNCTION st_asewkt(geometry) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1::pg_catalog.text $$;
CREATE FUNCTION st_xmin(box3d) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_xmin(geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_xmax(box3d) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_xmax(geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_ymin(box3d) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_ymin(geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_ymax(box3d) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_ymax(geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_collected(geometry, geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT coalesce($1, $2) $$;
CREATE AGGREGATE st_union(geometry) (SFUNC = st_collected, STYPE = geometry);
CREATE AGGREGATE st_collect(geometry) (SFUNC = st_collected, STYPE = geometry);
CREATE AGGREGATE st_makeline(geometry) (SFUNC = st_collected, STYPE = geometry);
CREATE FUNCTION postgis_version() RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT '3.3'::pg_catalog.text $$;
CREATE FUNCTION postgis_full_version() RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT '3.3'::pg_catalog.text $$;
CREATE FUNCTION st_makebox2d(geometry, geometry) RETURNS box2d
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT NULL::@extschema@.box2d $$;
CREATE FUNCTION st_3dmakebox(geometry, geometry) RETURNS box3d
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT NULL::@extschema@.box3d $$;
CREATE FUNCTION st_expand(geometry, double precision) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_expand(box2d, double precision) RETURNS box2d
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_force2d(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_flipcoordinates(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_boundary(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_exteriorring(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_reverse(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_linemerge(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_unaryunion(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_polygonize(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_normalize(geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_geometryn(geometry, integer) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_pointn(geometry, integer) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_interiorringn(geometry, integer) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_numgeometries(geometry) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 1 $$;
CREATE FUNCTION st_numpoints(geometry) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 1 $$;
CREATE FUNCTION st_ndims(geometry) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 1 $$;
CREATE FUNCTION st_dimension(geometry) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 1 $$;
CREATE FUNCTION st_closestpoint(geometry, geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_shortestline(geometry, geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_symdifference(geometry, geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_snap(geometry, geometry, double precision) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_azimuth(geometry, geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_maxdistance(geometry, geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_hausdorffdistance(geometry, geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_linelocatepoint(geometry, geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_3ddistance(geometry, geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_azimuth(geography, geography) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_distancespheroid(geometry, geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_lineinterpolatepoint(geometry, double precision) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_snaptogrid(geometry, double precision) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_segmentize(geometry, double precision) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_simplifypreservetopology(geometry, double precision) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_project(geography, double precision, double precision) RETURNS geography
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_segmentize(geography, double precision) RETURNS geography
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_intersection(geography, geography) RETURNS geography
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_isempty(geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_issimple(geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_isclosed(geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_isring(geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE FUNCTION st_polygon(geometry, integer) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_makeline(geometry[]) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1[1] $$;
CREATE FUNCTION st_collect(geometry[]) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1[1] $$;
CREATE FUNCTION st_union(geometry[]) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1[1] $$;
CREATE FUNCTION st_geomfromwkb(bytea) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 'POINT EMPTY'::@extschema@.geometry $$;
CREATE FUNCTION st_geomfromwkb(bytea, integer) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 'POINT EMPTY'::@extschema@.geometry $$;
CREATE FUNCTION st_geohash(geometry, integer DEFAULT 0) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT ''::pg_catalog.text $$;
CREATE FUNCTION st_asewkb(geometry) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT NULL::pg_catalog.bytea $$;
CREATE FUNCTION st_summary(geometry) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT ''::pg_catalog.text $$;
CREATE FUNCTION st_tileenvelope(integer, integer, integer) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 'POLYGON EMPTY'::@extschema@.geometry $$;
CREATE FUNCTION st_asmvtgeom(geometry, box2d, integer DEFAULT 4096, integer DEFAULT 256, boolean DEFAULT true) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION st_length(geometry, boolean) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_area(geography, boolean) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION st_dfullywithin(geometry, geometry, double precision) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE TYPE geometry_dump AS (path integer[], geom geometry);
CREATE FUNCTION st_dump(geometry) RETURNS SETOF geometry_dump
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT ARRAY[1], $1 $$;
CREATE FUNCTION st_dumppoints(geometry) RETURNS SETOF geometry_dump
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT ARRAY[1], $1 $$;
CREATE FUNCTION st_dumprings(geometry) RETURNS SETOF geometry_dump
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT ARRAY[1], $1 $$;
CREATE FUNCTION st_extended(box2d, geometry) RETURNS box2d
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT NULL::@extschema@.box2d $$;
CREATE AGGREGATE st_extent(geometry) (SFUNC = st_extended, STYPE = box2d);
CREATE TABLE spatial_ref_sys (
    srid integer PRIMARY KEY, auth_name varchar(256), auth_srid integer, srtext varchar(2048), proj4text varchar(2048)
);
GRANT SELECT ON spatial_ref_sys TO PUBLIC;
