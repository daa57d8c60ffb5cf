"""``python -m mailchimp_provider.doctor``: is the installation ready for going live?"""
