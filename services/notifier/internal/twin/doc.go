// Package twin writes every public fact a second time as JSON, for programs without protobuf:
//
//	tenantkeep.v1.evt.<connection>.<kind>.<fact>.<id>   ->  tenantkeep.v1.json.<connection>.<kind>.<fact>.<id>
//
// with the same ce-* headers but for ce-datacontenttype, and the entity in the JSON form of protobuf. The
// order is kept; after a crash the last facts may come twice, with the same ce-id.
package twin
