"""What the views of the page "Mailchimp" read from the warehouse; all of it only reads."""
