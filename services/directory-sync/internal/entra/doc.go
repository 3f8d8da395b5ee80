// Package entra reads tenants for package run, through the Graph client of their connection.
package entra
