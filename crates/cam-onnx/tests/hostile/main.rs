//! Files as they should be, broken, and made to harm.

mod damage;
mod external;
mod foreign;
mod lies;
mod listed;
mod messages;
mod raw;
mod support;
mod whole;
