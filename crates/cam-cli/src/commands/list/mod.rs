//! `cam list`.

mod devices;
mod layers;
mod methods;
mod models;

use crate::arguments::List;
use crate::failure::Failure;

pub fn run(list: &List) -> Result<(), Failure> {
    match list {
        List::Models(arguments) => models::run(arguments),
        List::Methods(arguments) => methods::run(arguments),
        List::Layers(arguments) => layers::run(arguments),
        List::Devices(arguments) => devices::run(arguments),
    }
}
