//! Reading a row into a struct: `#[derive(linli_db::FromRow)]`.
//!
//! The drivers' own derive would bring both drivers and the whole of SQLite a second time, built for the compiler (about a minute on
//! two cores); this one needs only what serde's derive needs anyway. It knows what the stores use: a column per field, another
//! column's name, and a struct within a struct.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, LitStr, Result, Type, parse_macro_input, parse_quote};

/// Implements `sqlx::FromRow` for a struct with named fields, for every engine whose types fit.
///
/// Every field is read from the column of its name; `#[row(column = "place_path")]` names another, `#[row(flatten)]` reads the
/// field's own `FromRow` from the same row.
#[proc_macro_derive(FromRow, attributes(row))]
pub fn from_row(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand(&parse_macro_input!(input as DeriveInput)).unwrap_or_else(Error::into_compile_error).into()
}

/// Where a field comes from.
enum Source {
    Column(String),
    Flatten,
}

fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Struct(data) = &input.data else { return Err(Error::new_spanned(input, "only a struct is read from a row")) };
    let Fields::Named(fields) = &data.fields else { return Err(Error::new_spanned(input, "the fields need names")) };
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(&input.generics, "a row has no parameters"));
    }
    let name = &input.ident;
    let mut needs: Vec<syn::WherePredicate> = vec![parse_quote!(&'r str: ::sqlx::ColumnIndex<R>)];
    let mut reads = Vec::with_capacity(fields.named.len());
    for field in &fields.named {
        let (ident, kind) = (field.ident.as_ref(), &field.ty);
        let source = source(field)?;
        needs.extend(needs_of(&source, kind));
        reads.push(match source {
            Source::Column(column) => quote!(#ident: ::sqlx::Row::try_get(row, #column)?),
            Source::Flatten => quote!(#ident: ::sqlx::FromRow::from_row(row)?),
        });
    }
    Ok(quote! {
        #[automatically_derived]
        impl<'r, R: ::sqlx::Row> ::sqlx::FromRow<'r, R> for #name
        where
            #(#needs,)*
        {
            fn from_row(row: &'r R) -> ::sqlx::Result<Self> {
                ::core::result::Result::Ok(Self { #(#reads,)* })
            }
        }
    })
}

/// What an engine must know for a field to be read.
fn needs_of(source: &Source, kind: &Type) -> Vec<syn::WherePredicate> {
    match source {
        Source::Flatten => vec![parse_quote!(#kind: ::sqlx::FromRow<'r, R>)],
        Source::Column(_) => {
            vec![
                parse_quote!(#kind: ::sqlx::Decode<'r, <R as ::sqlx::Row>::Database>),
                parse_quote!(#kind: ::sqlx::Type<<R as ::sqlx::Row>::Database>),
            ]
        }
    }
}

fn source(field: &Field) -> Result<Source> {
    let own = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut source = Source::Column(own.trim_start_matches("r#").to_owned());
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("row")) {
        source = named(attribute)?;
    }
    Ok(source)
}

fn named(attribute: &Attribute) -> Result<Source> {
    let mut source = None;
    attribute.parse_nested_meta(|meta| {
        source = Some(if meta.path.is_ident("flatten") {
            Source::Flatten
        } else if meta.path.is_ident("column") {
            Source::Column(meta.value()?.parse::<LitStr>()?.value())
        } else {
            return Err(meta.error("known are `column = \"…\"` and `flatten`"));
        });
        Ok(())
    })?;
    source.ok_or_else(|| Error::new_spanned(attribute, "known are `column = \"…\"` and `flatten`"))
}

#[cfg(test)]
mod tests {
    use super::expand;

    fn refused(text: &str) -> String {
        let input = syn::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        expand(&input).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_is_not_known_is_said() {
        assert_eq!(refused("struct A { #[row(columm = \"b\")] b: i64 }"), "known are `column = \"…\"` and `flatten`");
        assert_eq!(refused("enum A { B }"), "only a struct is read from a row");
        assert_eq!(refused("struct A(i64);"), "the fields need names");
        assert_eq!(refused("struct A<T> { b: T }"), "a row has no parameters");
        assert_eq!(refused("struct A { #[row(column = \"c\")] b: i64, #[row(flatten)] d: D, r#type: String }"), "");
    }
}
