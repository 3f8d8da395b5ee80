// Package snapshot is what a backup looks like to those who look into it or give it back: folders,
// items in them, and the bytes of an item. It decides what a path means, in which order a folder is
// listed, and what a selection selects.
//
//	Reader (port)  one snapshot of one resource
//	Tree           its folders, in memory; an item is never kept
//	Page           one page of a folder: folders by name, then items in the order asked for
//	Choice         what a person selected: folders with all below them, and single items
//
// Paths are names joined by slashes, from the top, without one at either end; "" is the top itself.
// A slash within a name is written %2F, and a percent sign before 2F or 25 is written %25. A path
// that matches exactly wins over one that matches without regard to case, as Exchange and SharePoint
// would not let two such names stand side by side.
//
// Errors are of package fault: NotFound (no such path or item), Invalid (a page token, or a path
// that means several items). Sizes are bytes, times are UTC.
package snapshot
