//! Letting a newtype be written to and read from SQL as what it wraps.

/// `sql_newtype!(Fen, i64);`: the type is bound to and read from SQL as what it wraps, on every engine. Empty without feature `sql`.
#[cfg(feature = "sql")]
#[macro_export]
macro_rules! sql_newtype {
    ($name:ty, $inner:ty) => {
        impl<DB: $crate::_private::sqlx::Database> $crate::_private::sqlx::Type<DB> for $name
        where
            $inner: $crate::_private::sqlx::Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <$inner as $crate::_private::sqlx::Type<DB>>::type_info()
            }

            fn compatible(info: &DB::TypeInfo) -> bool {
                <$inner as $crate::_private::sqlx::Type<DB>>::compatible(info)
            }
        }

        impl<'q, DB: $crate::_private::sqlx::Database> $crate::_private::sqlx::Encode<'q, DB> for $name
        where
            $inner: $crate::_private::sqlx::Encode<'q, DB>,
        {
            fn encode_by_ref(
                &self,
                buf: &mut <DB as $crate::_private::sqlx::Database>::ArgumentBuffer,
            ) -> Result<$crate::_private::sqlx::encode::IsNull, $crate::_private::sqlx::error::BoxDynError> {
                <$inner as $crate::_private::sqlx::Encode<'q, DB>>::encode_by_ref(&self.0, buf)
            }

            fn produces(&self) -> Option<DB::TypeInfo> {
                <$inner as $crate::_private::sqlx::Encode<'q, DB>>::produces(&self.0)
            }

            fn size_hint(&self) -> usize {
                <$inner as $crate::_private::sqlx::Encode<'q, DB>>::size_hint(&self.0)
            }
        }

        impl<'r, DB: $crate::_private::sqlx::Database> $crate::_private::sqlx::Decode<'r, DB> for $name
        where
            $inner: $crate::_private::sqlx::Decode<'r, DB>,
        {
            fn decode(
                value: <DB as $crate::_private::sqlx::Database>::ValueRef<'r>,
            ) -> Result<Self, $crate::_private::sqlx::error::BoxDynError> {
                <$inner as $crate::_private::sqlx::Decode<'r, DB>>::decode(value).map(Self)
            }
        }
    };
}

/// `sql_newtype!(Fen, i64);`: nothing, as feature `sql` is off.
#[cfg(not(feature = "sql"))]
#[macro_export]
macro_rules! sql_newtype {
    ($name:ty, $inner:ty) => {};
}
