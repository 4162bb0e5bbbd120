from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('awareness', '0010_the_language_of_a_message'),
    ]

    operations = [
        migrations.RenameField('source', 'date_checked', 'checked_on'),
        migrations.RenameField('helplanguage', 'reviewer', 'checked_by'),
        migrations.AlterField(
            model_name='helplanguage',
            name='checked_by',
            field=models.CharField(blank=True, help_text='For staff. Never shown.', max_length=120, verbose_name='checked by'),
        ),
        migrations.AlterField(
            model_name='helplanguage',
            name='checked_on',
            field=models.DateField(blank=True, help_text='The day a person at the charity opened, called or read it. Empty until then.', null=True, verbose_name='checked on'),
        ),
        migrations.AlterField(
            model_name='hotline',
            name='checked_by',
            field=models.CharField(blank=True, help_text='For staff. Never shown.', max_length=120, verbose_name='checked by'),
        ),
        migrations.AlterField(
            model_name='hotline',
            name='checked_on',
            field=models.DateField(blank=True, help_text='The day a person at the charity opened, called or read it. Empty until then.', null=True, verbose_name='checked on'),
        ),
        migrations.AlterField(
            model_name='source',
            name='checked_by',
            field=models.CharField(blank=True, help_text='For staff. Never shown.', max_length=120, verbose_name='checked by'),
        ),
        migrations.AlterField(
            model_name='source',
            name='checked_on',
            field=models.DateField(blank=True, help_text='The day a person at the charity opened, called or read it. Empty until then.', null=True, verbose_name='checked on'),
        ),
    ]
